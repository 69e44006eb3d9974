import createOpenApiClient, { type Client } from 'openapi-fetch'
import type { paths } from '../../../openapi/bailo-v2.js'
import type { AnswerHeaders } from '../http/answer-headers.js'
import type { Answer, Connection } from '../http/connection.js'
import { UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { readJsonText } from '../http/read-json-text.js'
import { showServerText } from '../http/server-text.js'

/** The typed JSON client of Bailo's API, over the types that are generated from `openapi/bailo-v2.yaml`. */
export type JsonClient = Client<paths>

/**
 * Makes the JSON client of one instance. Its calls throw a ResponseError or ConnectionError instead of returning an
 * `error`, which is undefined for an error answer without a body and so says nothing about success.
 */
export function createJsonClient(connection: Connection): JsonClient {
  const operations = new WeakMap<object, Operation>()
  const client = createOpenApiClient<paths>({
    baseUrl: connection.origin,
    Request: JsonRequest as unknown as typeof Request,
    fetch: async (input) => {
      const { method, url, headers: requestHeaders, text, signal } = input as unknown as JsonRequest
      const operation = operations.get(input) ?? { method, path: new URL(url).pathname }
      const body = text === undefined ? undefined : Buffer.from(text)
      return connection.send(
        operation,
        {
          url,
          headers: { ...Object.fromEntries(requestHeaders), ...connection.authorization() },
          openBody: body && (() => body),
          // What was deleted by the first of two requests is 404 for the second.
          isRepeatable: ['GET', 'HEAD', 'DELETE'].includes(method),
          signal: signal && connection.signal ? AbortSignal.any([signal, connection.signal]) : signal,
        },
        async (answer) => {
          await requireJson(operation, answer)
          const text = await readJsonText(operation, answer)
          if (text === '') throw unreadable(operation, `an empty answer with status ${answer.status}.`)
          return new JsonResponse(operation, answer.status, text) as unknown as Response
        },
      )
    },
  })
  client.use({
    onRequest({ request, schemaPath }) {
      operations.set(request, { method: request.method, path: schemaPath })
    },
  })
  return client
}

/**
 * A call as openapi-fetch makes it. A `Request` of the platform would bring a body as a stream and a signal of its own,
 * which took a third of the processor time of a small call.
 */
class JsonRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  /** The body. */
  readonly text: string | undefined
  readonly signal: AbortSignal | undefined

  constructor(url: string, { method = 'GET', headers, body, signal }: RequestInit) {
    if (body !== undefined && typeof body !== 'string') throw new TypeError('only JSON is sent in this way')
    this.url = url
    this.method = method
    this.headers = headers instanceof Headers ? headers : new Headers(headers)
    this.text = body
    this.signal = signal ?? undefined
  }
}

/**
 * A whole JSON answer, with as much of a `Response` as openapi-fetch reads. One of the platform would encode the text into a
 * body and decode it again, and could not name the operation when the text is not JSON.
 */
class JsonResponse {
  readonly ok = true
  readonly status: number
  readonly #operation: Operation
  readonly #text: string

  constructor(operation: Operation, status: number, text: string) {
    this.status = status
    this.#operation = operation
    this.#text = text
  }

  /** With a length that is not 0, openapi-fetch reads by {@link json}. */
  readonly headers: AnswerHeaders = {
    get: (name) => (name.toLowerCase() === 'content-length' ? String(this.#text.length) : null),
  }

  json(): unknown {
    return parseJson(this.#operation, this.#text)
  }
}

/** The body of a call's answer; an answer without one has thrown already. */
export async function bodyOf<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await call
  if (data === undefined) throw new TypeError('a JSON answer without data')
  return data
}

/** @throws UnexpectedAnswerError that names the operation */
export function parseJson(operation: Operation, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable(operation, 'the answer is not valid JSON.')
  }
}

/** Lets go of an answer that is something else. */
export async function requireJson(
  operation: Operation,
  { headers, body }: Pick<Answer, 'headers' | 'body'>,
): Promise<void> {
  if (headers.get('content-type')?.includes('json') === true) return
  await body.dump()
  throw unreadable(operation, `the answer is not JSON (${describeType(headers)}).`)
}

/** The error for an answer whose request may well have been carried out. */
export function unreadable(operation: Operation, what: string): UnexpectedAnswerError {
  return new UnexpectedAnswerError(operation, what, { isUnreadable: true })
}

/** The content type of an answer that has the wrong one, safe to print. */
export function describeType(headers: AnswerHeaders): string {
  return showServerText(headers.get('content-type') ?? 'no content type')
}

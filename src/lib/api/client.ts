import createOpenApiClient, { type Client } from 'openapi-fetch'
import type { paths } from '../../../openapi/bailo-v2.js'
import type { Connection } from '../http/connection.js'
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
  const operations = new WeakMap<Request, Operation>()
  const client = createOpenApiClient<paths>({
    baseUrl: connection.origin,
    fetch: async (request) => {
      const operation = operations.get(request) ?? { method: request.method, path: new URL(request.url).pathname }
      const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
      return connection.send(
        operation,
        {
          url: request.url,
          headers: { ...Object.fromEntries(request.headers), ...connection.authorization() },
          openBody: body && (() => body),
          // What was deleted by the first of two requests is 404 for the second.
          isRepeatable: ['GET', 'HEAD', 'DELETE'].includes(request.method),
          signal: connection.signal ? AbortSignal.any([request.signal, connection.signal]) : request.signal,
        },
        async ({ status, headers, body: answerBody }) => {
          if (headers.get('content-type')?.includes('json') !== true) {
            await answerBody.dump()
            throw unreadable(operation, `the answer is not JSON (${describeType(headers)}).`)
          }
          const text = await readJsonText(operation, answerBody)
          if (text === '') throw unreadable(operation, `an empty answer with status ${status}.`)
          return new JsonResponse(operation, text, status)
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
 * A whole JSON answer in the shape that openapi-fetch reads. It keeps the text as it came instead of encoding it into a
 * body and decoding it again, and names the operation when the text is not JSON.
 */
class JsonResponse extends Response {
  readonly #operation: Operation
  readonly #text: string

  constructor(operation: Operation, text: string, status: number) {
    // With a length that is not 0, openapi-fetch reads by `json()`.
    super(null, { status, headers: { 'content-type': 'application/json', 'content-length': String(text.length) } })
    this.#operation = operation
    this.#text = text
  }

  // A property, because that is what Response's type has.
  override readonly json = async (): Promise<unknown> => {
    try {
      return await Promise.resolve(this.#text).then(JSON.parse)
    } catch {
      throw unreadable(this.#operation, 'the answer is not valid JSON.')
    }
  }
}

/** The body of a call's answer; an answer without one has thrown already. */
export async function bodyOf<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await call
  if (data === undefined) throw new TypeError('a JSON answer without data')
  return data
}

function unreadable(operation: Operation, what: string): UnexpectedAnswerError {
  return new UnexpectedAnswerError(operation, what, { isUnreadable: true })
}

/** The content type of an answer that has the wrong one, safe to print. */
export function describeType(headers: Headers): string {
  return showServerText(headers.get('content-type') ?? 'no content type')
}

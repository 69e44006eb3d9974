import type { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import { Agent, type Dispatcher } from 'undici'
import type { Credentials } from '../config/credentials.js'
import { ExpectedError } from '../errors.js'
import { toAnswerHeaders, type AnswerHeaders } from './answer-headers.js'
import {
  ConnectionError,
  isNetworkError,
  ResponseError,
  toResponseError,
  UnexpectedAnswerError,
  type Operation,
} from './errors.js'
import { tellNews, type Attempt } from './news.js'
import { paceBody, type Pace } from './paced-body.js'
import { readUpTo } from './read-body.js'
import { DEFAULT_RETRY_POLICY, withRetries, type RetryPolicy } from './retry.js'
import { showServerText } from './server-text.js'

export interface ConnectionOptions {
  readonly origin: string
  readonly credentials: Credentials | undefined
  /** Authorities, in PEM, that are trusted besides the usual ones. */
  readonly trustedCertificates?: string | undefined
  /** Value of the User-Agent header. */
  readonly userAgent: string
  /** Sockets held open to the instance at most. */
  readonly maxConnections?: number
  readonly retryPolicy?: RetryPolicy
  /** Called for each request that is about to be sent again. */
  readonly onRetry?: (failure: Error) => void
  /** Called after each attempt, with what it failed with. */
  readonly onAttempt?: (failure: unknown, attempt: Attempt) => void
  /** The pace of all streamed bodies together. Default: as fast as they go. */
  readonly pace?: Pace | undefined
  /** Breaks off requests that have no signal of their own. */
  readonly signal?: AbortSignal
}

export interface RequestOptions {
  /** Absolute, or relative to the instance's origin. */
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>>
  /** Opens the body; it is called once per attempt, so that a body which was partly sent can be sent again. */
  readonly openBody?: (() => Readable | Uint8Array | string) | undefined
  /** See {@link withRetries}. */
  readonly isRepeatable: boolean
  /** True where the caller deals with a failure itself, for instance by first asking how far a transfer has got. */
  readonly isSingleAttempt?: boolean
  readonly signal?: AbortSignal | undefined
  /** Statuses besides 2xx that the caller handles itself. */
  readonly accept?: readonly number[]
}

export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  /** To be read or dumped by the caller. */
  readonly body: Dispatcher.ResponseData['body']
}

/** Longest error body that is read, in bytes; error texts are for people. */
const MAX_ERROR_BODY_BYTES = 256 * 1024

/**
 * The one way to the network: a pool of sockets to one instance, with its keys, timeouts and retries. Redirects are not
 * followed, and a URL of another origin is refused, so that nothing is ever sent elsewhere.
 */
export class Connection {
  readonly origin: string
  readonly #options: ConnectionOptions
  readonly #dispatcher: Agent
  readonly #authorization: Readonly<Record<string, string>>
  #hasAnswered = false

  constructor(options: ConnectionOptions) {
    this.origin = options.origin
    this.#options = options
    const authorization = options.credentials?.authorizationFor(new URL(options.origin))
    this.#authorization = authorization === undefined ? {} : { authorization }
    this.#dispatcher = new Agent({
      connections: options.maxConnections ?? 16,
      connectTimeout: 10_000,
      connect: toTlsOptions(options.trustedCertificates),
      headersTimeout: 120_000,
      bodyTimeout: 120_000,
    })
  }

  /**
   * Sends one request and reads its answer, again where that is safe and promising.
   *
   * @param read takes what is needed of the answer, whose status is 2xx or among `accept`. It belongs to the attempt: a
   *   body that breaks off is a failure like any other. It must consume or return the body.
   * @returns what `read` returns
   * @throws ResponseError for every other status, ConnectionError when no whole answer came, the signal's reason when it
   *   is aborted
   */
  async send<T>(operation: Operation, options: RequestOptions, read: (answer: Answer) => Promise<T>): Promise<T> {
    const url = this.#resolve(operation, options.url)
    const request = { ...options, signal: options.signal ?? this.signal }
    const bodyBytes = Number(options.headers?.['content-length'] ?? 0)
    const kind = kindOf(operation, bodyBytes)
    const attempt = async (): Promise<T> => {
      const startedMs = performance.now()
      let status: number | undefined
      const tell = (failure: unknown): void => {
        const endedMs = performance.now()
        const ended: Attempt = { method: operation.method, url, status, bodyBytes, kind, startedMs, endedMs }
        // What was broken off says nothing about the server.
        if (failure === undefined || !request.signal?.aborted) this.#options.onAttempt?.(failure, ended)
        tellNews({ kind: 'attempt', attempt: ended, failure })
      }
      try {
        const result = await this.#attempt(operation, url, request, (answer) => {
          status = answer.status
          return read(answer)
        })
        tell(undefined)
        return result
      } catch (error) {
        if (error instanceof ResponseError) status = error.status
        tell(error)
        throw error
      }
    }
    return options.isSingleAttempt ? attempt() : this.retry(request, attempt)
  }

  /** What breaks off requests that have no signal of their own. */
  get signal(): AbortSignal | undefined {
    return this.#options.signal
  }

  #resolve(operation: Operation, target: string | URL): URL {
    const url = URL.canParse(String(target), this.origin) ? new URL(target, this.origin) : undefined
    if (url?.origin === this.origin) return url
    throw new UnexpectedAnswerError(
      operation,
      `the server names ${url?.origin ?? showServerText(String(target))}, which is not the configured ${this.origin}; ` +
        'nothing was sent there.',
    )
  }

  /** Repeats what takes several requests under the policy of a single one; see {@link withRetries}. */
  async retry<T>(
    options: Pick<RequestOptions, 'isRepeatable' | 'signal'>,
    attempt: (attemptNumber: number) => Promise<T>,
  ): Promise<T> {
    return withRetries(
      {
        policy: this.#options.retryPolicy ?? DEFAULT_RETRY_POLICY,
        isRepeatable: options.isRepeatable,
        signal: options.signal,
        onRetry: this.#options.onRetry,
      },
      attempt,
    )
  }

  /** The Authorization header with the instance's keys; empty for a development instance without keys. */
  authorization(): Readonly<Record<string, string>> {
    return this.#authorization
  }

  async #attempt<T>(
    operation: Operation,
    url: URL,
    options: RequestOptions,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    try {
      const data = await this.#dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: operation.method,
        headers: { 'user-agent': this.#options.userAgent, ...options.headers },
        body: options.openBody?.() ?? null,
        signal: options.signal ?? null,
      })
      this.#hasAnswered = true
      const headers = toAnswerHeaders(data.headers)
      const { statusCode: status, body } = data
      if ((status >= 200 && status < 300) || options.accept?.includes(status)) {
        return await read({ status, headers, body })
      }
      const { bytes } = await readUpTo(body, MAX_ERROR_BODY_BYTES)
      throw toResponseError(operation, { origin: this.origin, status, headers, body: bytes.toString('utf8') })
    } catch (error) {
      if (error instanceof ExpectedError) throw error
      options.signal?.throwIfAborted()
      if (!isNetworkError(error)) throw error
      throw new ConnectionError(operation, this.origin, error, !this.#hasAnswered)
    }
  }

  /** Holds a body back to the pace of all bodies together, if there is one. It is the caller's to count what comes out of it. */
  paced(body: Readable): Readable {
    const { pace } = this.#options
    return pace === undefined ? body : paceBody(body, pace)
  }

  /** Closes the pool once running requests have ended. */
  async close(): Promise<void> {
    await this.#dispatcher.close()
  }

  /** Breaks all running requests off. */
  async destroy(): Promise<void> {
    await this.#dispatcher.destroy()
  }
}

/**
 * Verification is asked for by name, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off unnoticed. Certificates that
 * are named replace the usual ones, which therefore are named too.
 */
function toTlsOptions(trustedCertificates: string | undefined): { rejectUnauthorized: true; ca?: string[] } {
  if (trustedCertificates === undefined) return { rejectUnauthorized: true }
  return { rejectUnauthorized: true, ca: [...rootCertificates, trustedCertificates] }
}

function kindOf({ method, path }: Operation, bodyBytes: number): string {
  return bodyBytes > 0 ? `${method} ${path} 2^${Math.ceil(Math.log2(bodyBytes))}` : `${method} ${path}`
}

import type { Answer, Connection, RequestOptions } from '../http/connection.js'
import { ResponseError, UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { readUpTo } from '../http/read-body.js'
import { parseChallenge, type Challenge } from './challenge.js'
import type { Scope } from './scope.js'

/** Longest token answer that is read, in bytes. */
const MAX_TOKEN_ANSWER_BYTES = 64 * 1024

/**
 * Sends requests to a registry with the token that each needs. Tokens are kept per set of scopes, because each costs the
 * server a check of the keys, and asked for again when the registry no longer takes one.
 */
export class Authenticator {
  readonly #connection: Connection
  readonly #tokens = new Map<string, Promise<string | undefined>>()
  #challenge: Promise<Challenge | undefined> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * Sends a request with a token for `scopes`.
   *
   * @throws ResponseError 401 or 403 when the keys do not have the right to these scopes
   */
  async send<T>(
    scopes: readonly Scope[],
    operation: Operation,
    options: RequestOptions,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const token = this.#tokenFor(scopes)
    try {
      return await this.#sendWith(await token, operation, options, read)
    } catch (error) {
      if (!(error instanceof ResponseError) || error.status !== 401 || error.operation !== operation) throw error
      // The token has expired, or the registry was restarted with another key.
      this.#forget(scopes, token)
      return this.#sendWith(await this.#tokenFor(scopes), operation, options, read)
    }
  }

  /**
   * Asks for a token, without sending anything else.
   *
   * @returns false when the registry wants none
   * @throws ResponseError 401 or 403 when the keys do not have the right to these scopes
   */
  async signIn(scopes: readonly Scope[]): Promise<boolean> {
    return (await this.#tokenFor(scopes)) !== undefined
  }

  async #sendWith<T>(
    token: string | undefined,
    operation: Operation,
    options: RequestOptions,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return this.#connection.send(operation, { ...options, headers: { ...options.headers, ...authorization } }, read)
  }

  #tokenFor(scopes: readonly Scope[]): Promise<string | undefined> {
    const key = scopes.join(' ')
    let token = this.#tokens.get(key)
    if (token === undefined) {
      token = this.#requestToken(scopes)
      this.#tokens.set(key, token)
      token.catch(() => this.#forget(scopes, token))
    }
    return token
  }

  /** Drops a token, unless a new one has already been asked for in its place. */
  #forget(scopes: readonly Scope[], token: Promise<string | undefined> | undefined): void {
    const key = scopes.join(' ')
    if (this.#tokens.get(key) === token) this.#tokens.delete(key)
  }

  async #requestToken(scopes: readonly Scope[]): Promise<string | undefined> {
    this.#challenge ??= this.#ping().catch((error: unknown) => {
      this.#challenge = undefined
      throw error
    })
    const challenge = await this.#challenge
    if (challenge === undefined) return undefined
    const url = new URL(challenge.realm)
    if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
    for (const scope of scopes) url.searchParams.append('scope', scope)
    const operation: Operation = { method: 'GET', path: url.pathname }
    return this.#connection.send(
      operation,
      { url, headers: this.#connection.authorization(), isRepeatable: true },
      async ({ body }) => readToken(operation, await readUpTo(body, MAX_TOKEN_ANSWER_BYTES)),
    )
  }

  /** Asks the registry how it wants to be authenticated (OCI distribution specification, "Determining Support"). */
  async #ping(): Promise<Challenge | undefined> {
    const operation: Operation = { method: 'GET', path: '/v2/' }
    return this.#connection.send(
      operation,
      { url: '/v2/', isRepeatable: true, accept: [401] },
      async ({ status, headers, body }) => {
        await body.dump()
        if (headers.get('content-type')?.includes('html')) {
          throw new UnexpectedAnswerError(operation, 'an HTML page; there is no registry at this address.')
        }
        return status === 401 ? parseChallenge(headers.get('www-authenticate'), this.#connection.origin) : undefined
      },
    )
  }
}

function readToken(operation: Operation, { bytes, isWhole }: { bytes: Buffer; isWhole: boolean }): string {
  if (isWhole) {
    try {
      const answer = JSON.parse(bytes.toString('utf8')) as { token?: unknown; access_token?: unknown } | null
      const token = answer?.token ?? answer?.access_token
      // Only characters that a header may carry (RFC 6750, section 2.1).
      if (typeof token === 'string' && /^[\w.~+/=-]+$/.test(token)) return token
    } catch {
      // Falls through to the one error for every unusable answer.
    }
  }
  throw new UnexpectedAnswerError(operation, 'the answer holds no usable registry token.')
}

import { inspect } from 'node:util'

/**
 * An access key and its secret, bound to one origin. Both can only leave as the header of a request to that origin: they
 * do not show in `console.log`, JSON or property listings.
 */
export class Credentials {
  readonly origin: string
  readonly #accessKey: string
  readonly #secretKey: string

  constructor(origin: string, accessKey: string, secretKey: string) {
    this.origin = origin
    this.#accessKey = accessKey
    this.#secretKey = secretKey
  }

  /**
   * The value of the Authorization header (RFC 7617) for a request to `url`, or undefined when the URL is not of the
   * origin that the keys were given for.
   */
  authorizationFor(url: URL): string | undefined {
    if (url.origin !== this.origin) return undefined
    return `Basic ${Buffer.from(`${this.#accessKey}:${this.#secretKey}`).toString('base64')}`
  }

  /** Whether these are the keys of the token that an instance lists under this access key. */
  areOf(accessKey: string): boolean {
    return accessKey === this.#accessKey
  }

  toJSON(): unknown {
    return { origin: this.origin }
  }

  [inspect.custom](): string {
    return `Credentials(for ${this.origin})`
  }
}

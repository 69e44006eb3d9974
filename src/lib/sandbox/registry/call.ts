import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** What is to go wrong with a call. */
export interface RegistryFault {
  /** The token is not valid any more; the upload loses what it has. */
  readonly kind: 'expire-token' | 'forget-offset'
  /** To be called when there was nothing to spoil. */
  miss(): void
}

/** One authorised request to the registry. */
export interface RegistryCall {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
  /** The body as it comes in, to be read at most once; empty when there is none. */
  readonly body: Readable
  readonly fault: RegistryFault | undefined
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: Buffer | Readable | object
}

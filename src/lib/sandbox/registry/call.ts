import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** One authorised request to the registry. */
export interface RegistryCall {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
  /** The body as it comes in, to be read at most once; empty when there is none. */
  readonly body: Readable
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: Buffer | Readable | object
}

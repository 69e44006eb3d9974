import type { ConnectSettings } from '../config/settings.js'
import { Connection } from '../http/connection.js'
import type { Attempt } from '../http/news.js'
import type { Pace } from '../http/paced-body.js'
import type { RetryPolicy } from '../http/retry.js'
import { createJsonClient, type JsonClient } from './client.js'

/** One Bailo instance to talk to. */
export interface Instance {
  readonly origin: string
  readonly connection: Connection
  readonly json: JsonClient
}

export interface ConnectOptions {
  readonly userAgent: string
  readonly maxConnections?: number
  /** Default: a policy for runs that take their time. */
  readonly retryPolicy?: RetryPolicy
  /** Called for each request that is about to be sent again. */
  readonly onRetry?: (failure: Error) => void
  /** Called after each attempt, with what it failed with. */
  readonly onAttempt?: (failure: unknown, attempt: Attempt) => void
  /** The pace of all files and layers together. */
  readonly pace?: Pace | undefined
  /** Breaks off requests that have no signal of their own. */
  readonly signal?: AbortSignal
}

/** Prepares the connection to an instance. Nothing is sent before the first call; close it with `connection.close()`. */
export function connect(settings: ConnectSettings, options: ConnectOptions): Instance {
  const { origin, credentials, trustedCertificates } = settings
  const connection = new Connection({ origin, credentials, trustedCertificates, ...options })
  return { origin, connection, json: createJsonClient(connection) }
}

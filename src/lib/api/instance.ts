import type { Settings } from '../config/settings.js'
import { Connection } from '../http/connection.js'
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
}

/** Prepares the connection to an instance. Nothing is sent before the first call; close it with `connection.close()`. */
export function connect(settings: Pick<Settings, 'origin' | 'credentials'>, options: ConnectOptions): Instance {
  const connection = new Connection({ origin: settings.origin, credentials: settings.credentials, ...options })
  return { origin: settings.origin, connection, json: createJsonClient(connection) }
}

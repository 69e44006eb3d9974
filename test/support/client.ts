import { onTestFinished } from 'vitest'
import { createJsonClient } from '../../src/lib/api/client.js'
import type { Instance } from '../../src/lib/api/instance.js'
import { Credentials } from '../../src/lib/config/credentials.js'
import { Connection, type Answer, type ConnectionOptions } from '../../src/lib/http/connection.js'
import type { RetryPolicy } from '../../src/lib/http/retry.js'

/** As many retries as by default, without the waiting. */
export const QUICK: RetryPolicy = { maxRetries: 5, maxElapsedMs: 30_000, baseDelayMs: 1, maxDelayMs: 2 }

export const ACCESS_KEY = 'BAC_ACCESSKEY'
export const SECRET_KEY = 'BSK_SECRETKEY'
/** The header that stands for the two. */
export const BASIC = `Basic ${Buffer.from(`${ACCESS_KEY}:${SECRET_KEY}`).toString('base64')}`

/** Opens a connection with keys and quick retries. It is broken off at the end of the running test. */
export function openConnection(origin: string, options: Partial<ConnectionOptions> = {}): Connection {
  const connection = new Connection({
    origin,
    credentials: new Credentials(origin, ACCESS_KEY, SECRET_KEY),
    userAgent: 'bailo-exp/test',
    retryPolicy: QUICK,
    ...options,
  })
  onTestFinished(() => connection.destroy())
  return connection
}

/** The same with the JSON client over it. */
export function openInstance(origin: string, options: Partial<ConnectionOptions> = {}): Instance {
  const connection = openConnection(origin, options)
  return { origin, connection, json: createJsonClient(connection) }
}

/** Reads an answer's body as text. */
export async function readText({ body }: Answer): Promise<string> {
  return body.text()
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

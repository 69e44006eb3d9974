import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError, ResponseError } from './errors.js'

/** How often and how long a request is tried again. */
export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly maxRetries: number
  /** No retry starts later than this after the first attempt began. */
  readonly maxElapsedMs: number
  /** Waiting time before the first retry; it doubles for each further one. */
  readonly baseDelayMs: number
  readonly maxDelayMs: number
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxRetries: 5,
  maxElapsedMs: 120_000,
  baseDelayMs: 250,
  maxDelayMs: 10_000,
}

export interface RetryOptions {
  readonly policy: RetryPolicy
  /**
   * Whether the request may be sent again although the server could already have carried it out. True for reads and for
   * writes that end in the same state when made twice; false for a POST that makes something new.
   */
  readonly isRepeatable: boolean
  readonly signal?: AbortSignal | undefined
  /** Called before each waiting time. */
  readonly onRetry?: ((failure: Error) => void) | undefined
}

/** Statuses that say the request was not carried out, so that also a POST can be sent again. */
const NOT_PROCESSED = new Set([425, 429, 503])
/** Statuses of a passing condition (RFC 9110, RFC 6585), after which a repeatable request is worth another try. */
const TRANSIENT = new Set([408, ...NOT_PROCESSED, 502, 504])

/**
 * Runs `attempt` until it succeeds, fails for good, or the policy is used up; then the last failure is thrown. Waiting
 * times grow exponentially with jitter, and a Retry-After of the server is honoured in full: when it does not fit
 * into the policy's total time, there is no further attempt.
 */
export async function withRetries<T>(
  options: RetryOptions,
  attempt: (attemptNumber: number) => Promise<T>,
): Promise<T> {
  const { policy, signal } = options
  const startedMs = performance.now()
  for (let number = 0; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      if (signal?.aborted || number >= policy.maxRetries || !isWorthRetrying(error, options.isRepeatable)) throw error
      const delayMs = chooseDelayMs(policy, number, error)
      if (performance.now() - startedMs + delayMs > policy.maxElapsedMs) throw error
      options.onRetry?.(error)
      // An abort shows as its reason, here as everywhere.
      await sleep(delayMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
    }
  }
}

function isWorthRetrying(error: unknown, isRepeatable: boolean): error is ConnectionError | ResponseError {
  if (error instanceof ConnectionError) return !error.isFirstContact && (error.isUnsent || isRepeatable)
  if (error instanceof ResponseError) {
    return NOT_PROCESSED.has(error.status) || (isRepeatable && TRANSIENT.has(error.status))
  }
  return false
}

function chooseDelayMs(policy: RetryPolicy, number: number, error: ConnectionError | ResponseError): number {
  const capMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** number)
  const jitteredMs = capMs * (0.5 + Math.random() / 2)
  return error instanceof ResponseError && error.retryAfterMs !== undefined
    ? Math.max(error.retryAfterMs, jitteredMs)
    : jitteredMs
}

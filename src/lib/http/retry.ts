import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError, ResponseError, UnexpectedAnswerError } from './errors.js'
import { tellNews } from './news.js'

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
  /** Decides in place of the rule for requests, where what is repeated is more than one of them. */
  readonly isWorthRetrying?: (failure: Error) => boolean
}

/** Statuses that say the request was not carried out, so that also a POST can be sent again. */
const NOT_PROCESSED = new Set([425, 429, 503])
/** Statuses that leave open whether the request was carried out, of a condition that passes (RFC 9110). */
const INTERRUPTED = new Set([408, 502, 504])

/** Failures after which all attempts that a policy allows have been made. */
const exhausted = new WeakSet<Error>()

/** Whether the policy is used up for a failure, so that nobody else should try again what led to it. */
export function isExhausted(failure: Error): boolean {
  return exhausted.has(failure)
}

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
      const isWorthIt = options.isWorthRetrying ?? ((failure) => isRequestWorthRetrying(failure, options.isRepeatable))
      if (signal?.aborted || !(error instanceof Error) || !isWorthIt(error)) throw error
      const delayMs = chooseDelayMs(policy, number, error)
      if (number >= policy.maxRetries || performance.now() - startedMs + delayMs > policy.maxElapsedMs) {
        exhausted.add(error)
        throw error
      }
      options.onRetry?.(error)
      tellNews({ kind: 'retry', failure: error, retry: { number: number + 1, maxRetries: policy.maxRetries, delayMs } })
      // An abort shows as its reason, here as everywhere.
      await sleep(delayMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
    }
  }
}

function isRequestWorthRetrying(error: Error, isRepeatable: boolean): boolean {
  if (error instanceof ConnectionError) return !error.isFirstContact && (error.isUnsent || isRepeatable)
  if (error instanceof ResponseError) {
    return NOT_PROCESSED.has(error.status) || (isRepeatable && INTERRUPTED.has(error.status))
  }
  return false
}

/**
 * Whether what a request was sent for may have happened although it failed: the connection was lost after sending, or the
 * answer says nothing about it or cannot be read. A server that fails within (500) may have done its work before.
 */
export function isOutcomeUncertain(error: unknown): boolean {
  if (error instanceof ConnectionError) return !error.isUnsent
  if (error instanceof ResponseError) {
    return INTERRUPTED.has(error.status) || (error.status >= 500 && !NOT_PROCESSED.has(error.status))
  }
  return error instanceof UnexpectedAnswerError && error.isUnreadable
}

/**
 * Whether something whose outcome was uncertain, and that has turned out not to have happened, is worth another try: all
 * but a failure within the server, which will most likely fail again.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return !error.isFirstContact
  if (error instanceof ResponseError) return INTERRUPTED.has(error.status)
  return error instanceof UnexpectedAnswerError && error.isUnreadable
}

/** What an attempt says of how much the server has to do: `refused` when it is too much. */
export function outcomeOf(failure: unknown): 'done' | 'refused' | 'failed' {
  if (failure === undefined) return 'done'
  return failure instanceof ResponseError && (failure.status === 429 || failure.status === 503) ? 'refused' : 'failed'
}

/** Whether a failure speaks of a server that does not work, rather than of one that refuses a request. */
export function isServerFailure(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ResponseError && error.status >= 500)
}

function chooseDelayMs(policy: RetryPolicy, number: number, error: Error): number {
  const capMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** number)
  const jitteredMs = capMs * (0.5 + Math.random() / 2)
  return error instanceof ResponseError && error.retryAfterMs !== undefined
    ? Math.max(error.retryAfterMs, jitteredMs)
    : jitteredMs
}

import { ExpectedError, UsageError } from '../errors.js'
import { ConnectionError, ResponseError } from '../http/errors.js'
import type { ExperimentContext } from './context.js'
import { pause } from './pause.js'

export interface Polling {
  /** Between two looks. */
  readonly intervalMs: number
  /** What is left of the time by now; infinite before it begins to run. */
  readonly restMs: () => number
  /** How long it has been running. */
  readonly waitedMs: () => number
  /** Whether nothing is waited for any more. */
  readonly isOver: () => boolean
  /** Asks the server once. */
  readonly look: () => Promise<void>
  /** Whether a look could tell anything by now; default: always. */
  readonly isWorthLooking?: () => boolean
  /** What is looked at, for messages: `The files`. */
  readonly subject: string
  /** What is still waited for, as a sentence without its end: `Scanners are still at 3 of the files`. */
  readonly describeOpen: () => string
}

/** What following took. */
export interface Polled {
  /** Looks that succeeded. */
  readonly polls: number
  /** Looks that did not. */
  readonly failedPolls: number
  /** Why the last of those did not. */
  readonly lastFailure?: string
}

/** When the user is told of a wait first, and then how often. */
const FIRST_NEWS_MS = 5000
const NEWS_INTERVAL_MS = 30_000

/** @throws UsageError for an interval that would ask the server without a pause */
export function requirePause(intervalMs: number, what: string): void {
  if (intervalMs > 0) return
  throw new UsageError(`An interval of 0 would list ${what} without a pause.`, ['use --interval 2s, or 100ms'])
}

/**
 * Looks at the server again and again, outside of any step, until nothing is waited for any more, the time is up or the run
 * is stopped. A look that fails because the instance is away for a while is only counted; one that is refused ends it.
 */
export async function pollUntil({ run, warn }: ExperimentContext, polling: Polling): Promise<Polled> {
  const { intervalMs, restMs, waitedMs, isOver, look, isWorthLooking = () => true, subject, describeOpen } = polling
  let [polls, failedPolls, nextNewsMs] = [0, 0, FIRST_NEWS_MS]
  let lastFailure: string | undefined
  while (!isOver()) {
    run.showWait(describeOpen())
    await pause(run, Math.min(intervalMs, restMs()), isOver)
    if (run.stopReason !== undefined) break
    const isLast = restMs() === 0
    if (isWorthLooking()) {
      try {
        await look()
        polls++
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error
        if (run.stopReason !== undefined) break
        failedPolls++
        lastFailure = error.message
        if (!isPassing(error)) break
        if (failedPolls === 1) warn(`${subject} could not be listed, which is tried again: ${error.message}`)
      }
    }
    if (isLast) break
    if (isWorthLooking() && !isOver() && waitedMs() >= nextNewsMs) {
      nextNewsMs = waitedMs() + NEWS_INTERVAL_MS
      warn(`${describeOpen()}; they have ${describeRest(restMs())} more.`)
    }
  }
  run.showWait(undefined)
  return { polls, failedPolls, ...(lastFailure !== undefined && { lastFailure }) }
}

/** Whether the next look may well succeed. */
function isPassing(error: ExpectedError): boolean {
  if (error instanceof ConnectionError) return true
  return error instanceof ResponseError && (error.status >= 500 || error.status === 429)
}

function describeRest(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}

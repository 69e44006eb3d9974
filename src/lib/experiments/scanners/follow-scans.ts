import { listScannedFiles } from '../../api/scanning.js'
import type { Instance } from '../../api/instance.js'
import { ExpectedError } from '../../errors.js'
import { ConnectionError, ResponseError } from '../../http/errors.js'
import type { ExperimentContext } from '../context.js'
import { pause } from '../pause.js'
import type { ScanWatch } from './scan-watch.js'

export interface FollowOptions {
  readonly modelId: string
  /** Between two listings. */
  readonly intervalMs: number
  /** Counted from when the last file was there to be scanned. */
  readonly limitMs: number
}

/** What following took. */
export interface Following {
  /** Listings that were read. */
  readonly polls: number
  /** Listings that could not be read. */
  readonly failedPolls: number
  /** Why the last of those could not. */
  readonly lastFailure?: string
  /** From when the last file was there to be scanned; absent when not all files were. */
  readonly waitedMs?: number
}

/** When the user is told of a wait first, and then how often. */
const FIRST_NEWS_MS = 5000
const NEWS_INTERVAL_MS = 30_000

/**
 * Follows the scans of all files of a watch, by one listing per interval, from now until every one has come to an end or
 * the time is up. It begins while files are still on their way, so that the times of the first ones are as good as those of
 * the last. A listing that cannot be read because the instance is away for a while is only counted; one that is refused
 * ends it.
 *
 * @param arrival settles when all files are in the watch that will be
 */
export async function followScans(
  { run, warn }: ExperimentContext,
  instance: Instance,
  watch: ScanWatch,
  arrival: Promise<unknown>,
  { modelId, intervalMs, limitMs }: FollowOptions,
): Promise<Following> {
  const state: { arrivedMs?: number; hasFailed: boolean } = { hasFailed: false }
  arrival.then(
    () => (state.arrivedMs = performance.now()),
    () => (state.hasFailed = true),
  )
  const restMs = (): number =>
    state.arrivedMs === undefined ? Infinity : Math.max(0, state.arrivedMs + limitMs - performance.now())
  const isOver = (): boolean => state.hasFailed || (state.arrivedMs !== undefined && watch.openCount === 0)
  let [polls, failedPolls, nextNewsMs] = [0, 0, FIRST_NEWS_MS]
  let lastFailure: string | undefined

  while (!isOver()) {
    await pause(run, Math.min(intervalMs, restMs()), isOver)
    if (run.stopReason !== undefined) break
    const isLast = restMs() === 0
    if (watch.openCount > 0) {
      try {
        watch.note(await listScannedFiles(instance, modelId), performance.now())
        polls++
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error
        if (run.stopReason !== undefined) break
        failedPolls++
        lastFailure = error.message
        if (!isPassing(error)) break
        if (failedPolls === 1) warn(`The files could not be listed, which is tried again: ${error.message}`)
      }
    }
    if (isLast) break
    const waitingMs = state.arrivedMs === undefined ? 0 : performance.now() - state.arrivedMs
    if (watch.openCount > 0 && waitingMs >= nextNewsMs) {
      nextNewsMs = waitingMs + NEWS_INTERVAL_MS
      warn(`Scanners are still at ${watch.openCount} of the files; they have ${describeRest(restMs())} more.`)
    }
  }
  const waitedMs = state.arrivedMs === undefined ? undefined : Math.round(performance.now() - state.arrivedMs)
  return {
    polls,
    failedPolls,
    ...(lastFailure !== undefined && { lastFailure }),
    ...(waitedMs !== undefined && { waitedMs }),
  }
}

/** Whether the next listing may well succeed. */
function isPassing(error: ExpectedError): boolean {
  if (error instanceof ConnectionError) return true
  return error instanceof ResponseError && (error.status >= 500 || error.status === 429)
}

function describeRest(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}

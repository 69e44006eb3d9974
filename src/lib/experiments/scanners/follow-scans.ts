import { listScannedFiles } from '../../api/scanning.js'
import type { Instance } from '../../api/instance.js'
import type { ExperimentContext } from '../context.js'
import { pollUntil, type Polled } from '../poll.js'
import type { ScanWatch } from './scan-watch.js'

export interface FollowOptions {
  readonly modelId: string
  /** Between two listings. */
  readonly intervalMs: number
  /** Counted from when the last file was there to be scanned. */
  readonly limitMs: number
}

/** What following took, in listings. */
export interface Following extends Polled {
  /** From when the last file was there to be scanned; absent when not all files were. */
  readonly waitedMs?: number
}

/**
 * Follows the scans of all files of a watch, by one listing per interval, from now until every one has come to an end or
 * the time is up. It begins while files are still on their way, so that the times of the first ones are as good as those of
 * the last. A listing that cannot be read because the instance is away for a while is only counted; one that is refused
 * ends it.
 *
 * @param arrival settles when all files are in the watch that will be
 */
export async function followScans(
  context: ExperimentContext,
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
  const sinceArrivalMs = (): number | undefined => state.arrivedMs && performance.now() - state.arrivedMs
  const polled = await pollUntil(context, {
    intervalMs,
    restMs: () => Math.max(0, limitMs - (sinceArrivalMs() ?? -Infinity)),
    waitedMs: () => sinceArrivalMs() ?? 0,
    isOver: () => state.hasFailed || (state.arrivedMs !== undefined && watch.openCount === 0),
    look: async () => watch.note(await listScannedFiles(instance, modelId), performance.now()),
    isWorthLooking: () => watch.openCount > 0,
    subject: 'The files',
    describeOpen: () => `Scanners are still at ${watch.openCount} of the files`,
  })
  const waitedMs = sinceArrivalMs()
  return { ...polled, ...(waitedMs !== undefined && { waitedMs: Math.round(waitedMs) }) }
}

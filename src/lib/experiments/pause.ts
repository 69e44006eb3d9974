import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../run/run.js'

/** How soon an interrupt ends a pause. */
const SLICE_MS = 200

/**
 * Waits outside of any step, so that no place is held meanwhile, until the time has passed or the run is stopped.
 *
 * @param isOver ends the pause early as well
 */
export async function pause(run: Run, durationMs: number, isOver = (): boolean => false): Promise<void> {
  const endMs = performance.now() + durationMs
  while (run.stopReason === undefined && !isOver()) {
    const restMs = endMs - performance.now()
    if (restMs <= 0) return
    await sleep(Math.min(SLICE_MS, restMs))
  }
}

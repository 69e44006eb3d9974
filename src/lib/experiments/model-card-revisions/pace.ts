import { setTimeout as sleep } from 'node:timers/promises'
import { ExpectedError } from '../../errors.js'
import type { Run } from '../../run/run.js'

/** Longest time that Node's timers take, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface Pace {
  readonly count: number
  /** From the start of one group to the start of the next; groups are as large as the run has places. */
  readonly intervalMs: number
  /** Whether further ones are begun after one has failed. */
  readonly keepGoing: boolean
}

/**
 * Does something so many times, in groups that start together: a group begins when the interval since the start of the last
 * one has passed and there is a place. Waits end at once when the run is stopped.
 *
 * @param act is given the number, from 1 on, and calls `onStart` when it begins for real; what was done in an earlier attempt
 *   and is not done again keeps nobody waiting. Its expected failures are in the run's report already.
 * @throws what `act` throws that is not expected, once all that had begun has ended
 */
export async function forEachPaced(
  run: Run,
  { count, intervalMs, keepGoing }: Pace,
  act: (index: number, onStart: () => void) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([run.stopSignal, stop.signal])
  const running = new Set<Promise<void>>()
  const defects: unknown[] = []
  let startedMs = -Infinity
  const begin = async (index: number): Promise<void> => {
    try {
      await act(index, () => (startedMs = performance.now()))
    } catch (error) {
      const isExpected = error instanceof ExpectedError
      if (!isExpected) defects.push(error)
      if (!isExpected || !keepGoing || run.stopReason !== undefined) stop.abort()
    }
  }
  for (let index = 1; index <= count; index++) {
    while (running.size >= run.concurrency) await Promise.race(running)
    if (index % run.concurrency === 1 % run.concurrency) await waitUntil(startedMs + intervalMs, signal)
    if (signal.aborted) break
    const one: Promise<void> = begin(index).finally(() => running.delete(one))
    running.add(one)
  }
  await Promise.all(running)
  if (defects.length > 0) throw defects[0]
}

async function waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = dueMs - performance.now(); leftMs > 0 && !signal.aborted; leftMs = dueMs - performance.now()) {
    // Whoever waits here asks the signal next.
    await sleep(Math.min(leftMs, MAX_TIMER_MS), undefined, { signal }).catch(() => undefined)
  }
}

import { ExpectedError } from '../errors.js'
import type { Run } from '../run/run.js'

/**
 * Does something with each item, as many at a time as the run has places. Items are taken only when there is a place for
 * them, so that a list of any length may be generated on the way.
 *
 * @param options.keepGoing whether further items are begun after one has failed; never after the run was stopped
 * @param act its expected failures are those of the run's steps, and in its report already
 * @throws what `act` throws that is not expected, once all that had begun has ended
 */
export async function forEachInRun<T>(
  run: Run,
  items: Iterable<T>,
  options: { readonly keepGoing: boolean },
  act: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const defects: unknown[] = []
  let isStopped = false
  const work = async (): Promise<void> => {
    while (!isStopped && run.stopReason === undefined) {
      const next = iterator.next()
      if (next.done === true) return
      try {
        await act(next.value)
      } catch (error) {
        if (!(error instanceof ExpectedError)) defects.push(error)
        if (!options.keepGoing || defects.length > 0) isStopped = true
      }
    }
  }
  await Promise.all(Array.from({ length: run.isDryRun ? 1 : run.concurrency }, work))
  if (defects.length > 0) throw defects[0]
}

import { ExpectedError } from '../errors.js'
import type { Run } from '../run/run.js'

/**
 * Carries out steps for items, as many at a time as the run has places, and takes an item only when there is a place for
 * it. No item is taken any more after the run was stopped or, unless `keepGoing`, after a step has failed.
 *
 * @param action carries out steps; what it throws must be in the run's report already, unless it is a defect
 */
export async function eachInPlaces<T>(
  run: Run,
  items: Iterable<T>,
  { keepGoing }: { readonly keepGoing: boolean },
  action: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  let isStopped = false
  const work = async (): Promise<void> => {
    while (!isStopped && run.stopReason === undefined) {
      const next = rest.next()
      if (next.done === true) return
      try {
        await action(next.value)
      } catch (error) {
        isStopped ||= !keepGoing
        if (!(error instanceof ExpectedError)) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: run.concurrency }, work))
}

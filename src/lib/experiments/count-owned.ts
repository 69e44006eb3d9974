import type { Run } from '../run/run.js'

/**
 * How many of numbered things this process makes: all of them, unless several make the run together.
 *
 * @param keyOf the key that {@link Run.owns} is asked for, by number; they count from 1
 */
export function countOwned(run: Run, count: number, keyOf: (number: number) => string): number {
  if (run.isAlone) return count
  let owned = 0
  for (let number = 1; number <= count; number++) owned += Number(run.owns(keyOf(number)))
  return owned
}

import type { Run } from '../run/run.js'

/**
 * Makes things one after the other, until `make` says that the rest is not to be made. A process that only waits for them,
 * because another shard makes what has an order, waits for all of them together.
 *
 * @param make returns whether to go on
 */
export async function makeInOrder<T>(
  run: Run,
  items: readonly T[],
  make: (item: T, index: number) => Promise<boolean>,
): Promise<void> {
  if (!run.ownsOrder) {
    await Promise.all(items.map(make))
    return
  }
  for (const [index, item] of items.entries()) {
    if (!(await make(item, index))) return
  }
}

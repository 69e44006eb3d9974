import type { Created } from '../../run/created.js'

/** Sorts what a run has made by the model that it is in, without changing the order otherwise. */
export function groupByModel<T extends Created>(created: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of created) {
    const group = groups.get(one.modelId)
    if (group === undefined) groups.set(one.modelId, [one])
    else group.push(one)
  }
  return groups
}

import type { Store } from './store.js'
import type { Hole } from './text.js'
import { join, literal, type Value } from './values.js'

/** What can be gone through one by one. */
export interface Elements {
  readonly items: readonly Value[]
  /** What further items there may be; undefined when there are none. */
  readonly rest: Hole | undefined
}

/** Returns the elements of a list or the keys of a dictionary; where there are several lists, those of all. */
export function elementsOf(value: Value, store: Store): Elements {
  const items: Value[] = []
  let rest: Hole | undefined
  for (const atom of value) {
    if (atom.kind === 'list') {
      const contents = store.list(atom.ref)
      const [only] = contents.variants
      items.push(...(contents.variants.length === 1 && only !== undefined ? only : joinByPosition(contents.variants)))
      rest ??= contents.rest
    } else if (atom.kind === 'dict') {
      const { entries, isComplete } = store.dict(atom.ref)
      for (const key of entries.keys()) items.push(literal(key))
      if (!isComplete) rest ??= { name: 'key' }
    } else if (atom.kind !== 'none') {
      rest ??= atom.kind === 'unknown' ? atom.hole : { name: 'item' }
    }
  }
  return { items, rest }
}

function joinByPosition(variants: readonly (readonly Value[])[]): Value[] {
  const length = Math.max(...variants.map((items) => items.length))
  return Array.from({ length }, (_, index) =>
    join(variants.flatMap((items) => (items[index] === undefined ? [] : [items[index]]))),
  )
}

import type { Arguments } from './requests.js'
import type { DictContents, ListContents, Store } from './store.js'
import type { Value } from './values.js'

/** What library functions need of the interpreter. */
export interface Machine {
  /** What is known now. */
  readonly store: Store
  newDict(contents: DictContents): Value
  newList(contents: ListContents): Value
  /** Returns what an attribute may be. */
  attributeOf(value: Value, name: string): Value
  /** Returns what a function may return. */
  call(callee: Value, args: Arguments): Value
}

/** A list whose items are all known. */
export const listOf = (items: readonly Value[]): ListContents => ({ variants: [items], rest: undefined })

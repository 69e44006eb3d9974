import type { Store } from './store.js'
import type { Definition, Scope, Value } from './values.js'

/** Why code is being read: on its own, or because code that is read on its own calls it. */
export interface CallContext {
  /** The function that is read on its own; undefined for the module. */
  readonly root: Definition | undefined
  readonly qualifiedName: string
  /** Offset of the call in `root` that led here; undefined in `root` itself. */
  readonly site: number | undefined
  readonly chain: readonly Definition[]
  /** True for a function inside of another one that is read with what is known at the end of that one. */
  readonly isGuess: boolean
}

/** One reading of a body. */
export interface Frame {
  readonly scope: Scope
  readonly definition: Definition | undefined
  readonly context: CallContext
  /** What was known when the body was entered. */
  readonly entry: Store
  readonly returns: Value[]
  readonly yields: Value[]
  /** What was known at each `return`. */
  readonly exits: Store[]
  /** Functions defined inside that need names that are bound later. */
  readonly postponed: Definition[]
}

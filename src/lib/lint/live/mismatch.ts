import type { Operation } from '../specification/operations.js'

/** An answer of an instance, or a part of one, that does not fit its specification. */
export interface Mismatch {
  readonly operation: Operation
  /** Path and query that were asked for. */
  readonly url: string
  /** In the answer (RFC 6901). */
  readonly pointer: string
  /** What is wrong there, as the end of a sentence. */
  readonly problem: string
}

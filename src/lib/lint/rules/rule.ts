import type { ClientCall, UnreadablePlace } from '../client-call.js'
import type { Level, Problem } from '../finding.js'
import type { Match } from '../match.js'
import type { Mismatch } from '../live/mismatch.js'
import type { Operation } from '../specification/operations.js'

/** A call with a path, and what it is in the specification. */
export interface MatchedCall extends ClientCall {
  readonly path: string
  readonly match: Match
}

/** All that rules look at. */
export interface Subject {
  /** Of all loaded specifications. */
  readonly operations: readonly Operation[]
  readonly calls: readonly MatchedCall[]
  /** Calls whose path cannot be told. */
  readonly unresolved: readonly ClientCall[]
  readonly unreadable: readonly UnreadablePlace[]
  /** Operations of the contract with the one of the specification that each is; empty unless it is linted. */
  readonly contract: readonly { readonly own: Operation; readonly live: Operation }[]
  /** Answers of the instance that do not fit; empty unless it was asked. */
  readonly mismatches: readonly Mismatch[]
}

/** What a rule applies to, as a reader of its description and its tests see it. */
export interface Example {
  /** The `paths` of a specification, in YAML. */
  readonly specification: string
  /** Lines of a Python client's method. */
  readonly client?: string
  /** The `paths` of a contract, in YAML. */
  readonly contract?: string
  /** What the instance answers to the one operation, as JSON. */
  readonly answer?: string
}

export interface RuleInfo {
  /** In kebab case; it never changes, because baselines and settings name it. */
  readonly id: string
  /** Its level unless it is set otherwise. */
  readonly level: Level
  /** What it finds and why that matters, in a sentence or two. */
  readonly description: string
}

export interface Rule extends RuleInfo {
  readonly good: Example
  readonly bad: Example
  check(subject: Subject): Iterable<Problem>
}

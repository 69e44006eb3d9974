import type { RouteSelector } from './route-selector.js'

/** Which of the calls that its route is about a rule is for. */
export interface Trigger {
  /** So many calls are let pass first. */
  readonly after: number
  /** Of the calls after those every so many-th one. */
  readonly every: number
  /** At most so many calls altogether. */
  readonly limit: number
  /** From 0 to 1: how likely it is for each of the calls that are left. */
  readonly probability: number
  /** The same seed draws the same calls. */
  readonly seed: string
}

/** An answer in place of the sandbox's own. */
export interface ErrorAnswer {
  readonly status: number
  readonly form: 'json' | 'empty' | 'html'
  readonly retryAfterSeconds: number | undefined
}

/** How a call ends differently. Byte counts are those of bodies, without headers. */
export type Outcome =
  /** Nothing has happened but the error. */
  | { readonly kind: 'answer'; readonly answer: ErrorAnswer }
  /** What was asked for has happened; the connection closes without an answer, or an error is answered. */
  | { readonly kind: 'lost'; readonly answer: ErrorAnswer | undefined }
  | { readonly kind: 'reset-request'; readonly afterBytes: number }
  | { readonly kind: 'reset-response'; readonly afterBytes: number }
  /** The body ends early, and looks complete. Undefined: after half of it. */
  | { readonly kind: 'truncate'; readonly keptBytes: number | undefined }
  | { readonly kind: 'wrong-length'; readonly differenceBytes: number }
  /** The upload of a blob loses what it has. */
  | { readonly kind: 'forget-offset' }
  /** The token of the registry that came with the call is not valid any more. */
  | { readonly kind: 'expire-token' }

/** What becomes of a call: it is slowed down, it ends differently, or both. */
export interface Effect {
  /** Before anything of it is done. */
  readonly delayMs: number
  /** Between what was asked for and the answer. */
  readonly holdMs: number
  /** How fast the body of the answer is sent; undefined: as fast as it is taken. */
  readonly trickleBytesPerSecond: number | undefined
  /** Undefined: the call ends as always. */
  readonly outcome: Outcome | undefined
}

/** Something that is to go wrong. */
export interface FaultRule {
  /** As it was written, with single spaces. */
  readonly text: string
  readonly route: RouteSelector
  readonly trigger: Trigger
  readonly effect: Effect
}

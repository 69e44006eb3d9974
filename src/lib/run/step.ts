import type { Created } from './created.js'

/** One effect of an experiment. */
export interface Step<T> {
  /** What sort of thing is made; statistics are kept per kind. */
  readonly kind: string
  /** Says which thing, stable from run to run: `1.4.0`, `63f... weights.bin`. With the kind it is unique within a run. */
  readonly name: string
  /** Bytes that the step transfers, for progress. */
  readonly bytes?: number
  /** The result in a dry run, of the same form as a real one. */
  readonly planned: T
  /**
   * Looks on the server for what this step makes: called when an earlier attempt, maybe of another process, may have made
   * it although its answer was lost. Returns the step's result when it is there, and undefined when it is not. A step
   * without it is carried out again when a run is continued, so it must not create anything.
   */
  readonly find?: Find<T>
  /**
   * Whether what the step made is still there: asked when an earlier process of the run has done it. Without it the
   * journal is believed. A step whose thing has gone is carried out again.
   */
  readonly verify?: (result: T) => Promise<boolean>
  /** What the step has created, for the record of the run. A step that changes something that was there has none. */
  readonly created?: (result: T) => Created
  /**
   * Who makes it where several processes make a run together: one of them by its key, or the first of them, for what has an
   * order. The others wait until `find` finds it. Default: every process that comes to it.
   */
  readonly sharing?: Sharing
  /** Whether a failure is one of those that pass, besides the usual ones, such as the 500 of a lost race. */
  readonly isRetryable?: (failure: unknown) => boolean
}

export type Sharing = 'by-key' | 'in-order'

export type Find<T> = (context: FindContext) => Promise<T | undefined>

/** What a search for an earlier attempt's work can build on. */
export interface FindContext {
  /** What earlier attempts have noted, oldest first. They come from a file when the run is continued. */
  readonly notes: readonly unknown[]
  readonly signal: AbortSignal
  /** Searches with the same may share one reading: see `oncePerRound`. */
  readonly round: object
}

export interface StepContext extends Omit<FindContext, 'round'> {
  /** To be called as bytes are transferred; negative when they have to be sent again. */
  readonly onBytes: (delta: number) => void
  /** Whether an earlier attempt may have left something behind. */
  readonly isRepeated: boolean
  /**
   * Records something that another attempt needs to go on, and what has been created before the step is done. It is on disk
   * when the promise resolves. Small values that are JSON.
   */
  readonly note: (value: unknown, created?: Created) => Promise<void>
}

/** How a step is called in journals and reports. */
export function stepKey({ kind, name }: Pick<Step<unknown>, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

/**
 * Whether a result that was read from a file has the form of a step's planned one. Where that says nothing, nor does this:
 * what is undefined or null may be anything else.
 */
export function hasFormOf(planned: unknown, result: unknown): boolean {
  if (planned === undefined || planned === null || result === null) return true
  if (typeof planned !== 'object') return typeof result === typeof planned
  if (typeof result !== 'object' || Array.isArray(planned) !== Array.isArray(result)) return false
  if (Array.isArray(planned)) return true
  return Object.entries(planned).every(
    ([name, value]) => !Object.hasOwn(result, name) || hasFormOf(value, (result as Record<string, unknown>)[name]),
  )
}

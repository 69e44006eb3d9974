/** How one attempt of a request went. */
export interface AttemptOutcome {
  /** Requests of one kind take about as long, when the server has nothing else to do. */
  readonly kind: string
  readonly startedMs: number
  readonly endedMs: number
  /** `refused`: the server said that it has too much to do. A failure of another kind says nothing about that. */
  readonly outcome: 'done' | 'refused' | 'failed'
  /** Whether as many steps were under way as the limit allows: only then a higher one would have made a difference. */
  readonly isLimitReached: boolean
}

const FIRST_LIMIT = 2
/** Outcomes that are looked at before the limit changes, for each place. */
const OUTCOMES_PER_PLACE = 2
/** Latencies of this multiple of the lowest are taken to be waiting in the server's queue. */
const TOLERATED_RISE = 2
/** What a latency may vary by without meaning anything, in milliseconds: it matters for fast requests. */
const JITTER_MS = 10
const FACTOR_AFTER_RISE = 0.7
const FACTOR_AFTER_REFUSAL = 0.5

/**
 * Finds out how much a server takes at the same time: additive increase, multiplicative decrease, as TCP does it with
 * its window. It starts low and doubles until something speaks against it; from then on it goes up by one, and
 * down by a share when latencies are twice the lowest that were seen, or when the server refuses a request. A server that
 * works at its limit only makes requests wait; what is under way beyond that gains nothing.
 */
export class AdaptiveLimit {
  readonly #max: number
  #limit: number
  #isStarting = true
  /** The lowest latency of each kind. */
  readonly #lowestMs = new Map<string, number>()
  #rises: number[] = []
  #isReached = false
  #changedMs = -Infinity

  constructor(max: number) {
    this.#max = max
    this.#limit = Math.min(FIRST_LIMIT, max)
  }

  /** So many steps may be under way. */
  get limit(): number {
    return this.#limit
  }

  /** Takes in how an attempt went. */
  note({ kind, startedMs, endedMs, outcome, isLimitReached }: AttemptOutcome): void {
    const latencyMs = endedMs - startedMs
    const lowestMs = Math.min(latencyMs, this.#lowestMs.get(kind) ?? Infinity)
    if (outcome === 'done') this.#lowestMs.set(kind, lowestMs)
    // What began earlier speaks of the limit that was.
    if (startedMs < this.#changedMs || outcome === 'failed') return
    if (outcome === 'refused') {
      this.#decrease(FACTOR_AFTER_REFUSAL, endedMs)
      return
    }
    this.#rises.push(latencyMs / (lowestMs + JITTER_MS))
    this.#isReached ||= isLimitReached
    if (this.#rises.length < OUTCOMES_PER_PLACE * this.#limit) return
    if (median(this.#rises) > TOLERATED_RISE) this.#decrease(FACTOR_AFTER_RISE, endedMs)
    else this.#change(this.#isReached ? this.#limit + (this.#isStarting ? this.#limit : 1) : this.#limit, endedMs)
  }

  #decrease(factor: number, nowMs: number): void {
    this.#isStarting = false
    this.#change(Math.floor(this.#limit * factor), nowMs)
  }

  #change(limit: number, nowMs: number): void {
    this.#limit = Math.min(this.#max, Math.max(1, limit))
    this.#changedMs = nowMs
    this.#rises = []
    this.#isReached = false
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

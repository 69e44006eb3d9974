import { LatencyHistogram, type LatencySummary } from './histogram.js'

/** What happened to the steps of one kind in a run. */
export interface KindStatistics {
  readonly kind: string
  readonly done: number
  /** Done by an earlier process of the run. */
  readonly skipped: number
  readonly failed: number
  readonly retried: number
  readonly bytes: number
  /** Time from start to end of the steps that were done, in milliseconds; absent when none was. */
  readonly latencyMs?: LatencySummary
}

/** What was counted for the steps of one kind. */
export interface KindTally {
  readonly kind: string
  readonly skipped: number
  readonly failed: number
  readonly retried: number
  readonly bytes: number
  /** Of the steps that were done. */
  readonly latencies: LatencyHistogram
}

type Tally = { -readonly [Field in keyof KindTally]: KindTally[Field] }

/** Collects counts, bytes and latencies per kind of step, in memory that does not grow with the number of steps. */
export class Statistics {
  readonly #tallies = new Map<string, Tally>()

  recordDone(kind: string, outcome: { latencyMs: number; bytes: number; retries: number }): void {
    const tally = this.#tallyOf(kind)
    tally.latencies.record(outcome.latencyMs)
    tally.bytes += outcome.bytes
    tally.retried += outcome.retries
  }

  recordSkipped(kind: string): void {
    this.#tallyOf(kind).skipped++
  }

  recordFailed(kind: string, outcome: { retries: number }): void {
    const tally = this.#tallyOf(kind)
    tally.failed++
    tally.retried += outcome.retries
  }

  /** In the order in which the kinds first appeared. */
  list(): KindStatistics[] {
    return this.tallies().map(({ latencies, skipped, failed, retried, bytes, kind }) => {
      const latencyMs = latencies.summary()
      return { kind, done: latencies.count, skipped, failed, retried, bytes, ...(latencyMs && { latencyMs }) }
    })
  }

  /** In the same order. */
  tallies(): KindTally[] {
    return [...this.#tallies.values()]
  }

  #tallyOf(kind: string): Tally {
    let tally = this.#tallies.get(kind)
    if (tally === undefined) {
      tally = { kind, skipped: 0, failed: 0, retried: 0, bytes: 0, latencies: new LatencyHistogram() }
      this.#tallies.set(kind, tally)
    }
    return tally
  }
}

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
  readonly latencyMs?: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
}

interface Tally {
  skipped: number
  failed: number
  retried: number
  bytes: number
  readonly latenciesMs: number[]
}

/** Collects counts, bytes and latencies per kind of step. */
export class Statistics {
  readonly #tallies = new Map<string, Tally>()

  recordDone(kind: string, outcome: { latencyMs: number; bytes: number; retries: number }): void {
    const tally = this.#tallyOf(kind)
    tally.latenciesMs.push(outcome.latencyMs)
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
    return [...this.#tallies].map(([kind, { skipped, failed, retried, bytes, latenciesMs }]) => {
      const sorted = latenciesMs.toSorted((a, b) => a - b)
      return {
        kind,
        done: sorted.length,
        skipped,
        failed,
        retried,
        bytes,
        ...(sorted.length > 0 && {
          latencyMs: {
            p50: percentile(sorted, 50),
            p95: percentile(sorted, 95),
            p99: percentile(sorted, 99),
            max: percentile(sorted, 100),
          },
        }),
      }
    })
  }

  #tallyOf(kind: string): Tally {
    let tally = this.#tallies.get(kind)
    if (tally === undefined) {
      tally = { skipped: 0, failed: 0, retried: 0, bytes: 0, latenciesMs: [] }
      this.#tallies.set(kind, tally)
    }
    return tally
  }
}

/**
 * The nearest-rank percentile of an ascending list: the smallest value that at least `percent` of the values do not
 * exceed. Rounded to a tenth.
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return Math.round((sorted[rank - 1] ?? 0) * 10) / 10
}

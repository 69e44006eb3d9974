import type { JsHistogram } from 'hdr-histogram-js/dist/JsHistogram.js'
import { constructorFromBucketSize } from 'hdr-histogram-js/dist/JsHistogramFactory.js'

const Counts = constructorFromBucketSize(32)

/** Significant digits of the times that are kept: percentiles are right to a twentieth of a percent. */
const DIGITS = 3
const MICROSECONDS = 1000
/** The range grows as it is needed: 4 KiB for each doubling of the longest time. */
const FIRST_RANGE = 2

/** The percentiles that are shown of any set of times, in milliseconds, rounded to a tenth. */
export interface LatencySummary {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Times between `fromMs` and `toMs` of a histogram. */
export interface HistogramBin {
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
}

/**
 * Any number of times in little memory (HdrHistogram), in microseconds. Shortest, longest and mean are exact. The library's
 * own entry is not imported, because it brings WebAssembly code along.
 */
export class LatencyHistogram {
  readonly #counts: JsHistogram
  #minMs = Infinity
  #maxMs = 0
  #sumMs = 0

  constructor(digits = DIGITS) {
    this.#counts = new Counts(1, FIRST_RANGE, digits)
    this.#counts.autoResize = true
  }

  /** A histogram of counts from elsewhere, and what is known exactly of the same times. */
  static of(counts: JsHistogram, exact: { minMs: number; maxMs: number; sumMs: number }): LatencyHistogram {
    const histogram = new LatencyHistogram(counts.numberOfSignificantValueDigits)
    histogram.#counts.add(counts)
    histogram.#minMs = exact.minMs
    histogram.#maxMs = exact.maxMs
    histogram.#sumMs = exact.sumMs
    return histogram
  }

  record(ms: number): void {
    this.#counts.recordValue(Math.max(0, Math.round(ms * MICROSECONDS)))
    if (ms < this.#minMs) this.#minMs = ms
    if (ms > this.#maxMs) this.#maxMs = ms
    this.#sumMs += ms
  }

  /** Takes in all times of another histogram, exactly. */
  add(other: LatencyHistogram): void {
    this.#counts.add(other.#counts)
    this.#minMs = Math.min(this.#minMs, other.#minMs)
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs)
    this.#sumMs += other.#sumMs
  }

  get count(): number {
    return this.#counts.totalCount
  }

  /** Infinity while there are no times. */
  get minMs(): number {
    return this.#minMs
  }

  get maxMs(): number {
    return this.#maxMs
  }

  get sumMs(): number {
    return this.#sumMs
  }

  /** What {@link encodeCounts} writes. */
  get counts(): JsHistogram {
    return this.#counts
  }

  /**
   * The nearest-rank percentile: the smallest time that at least `percent` of the times do not exceed, in milliseconds.
   */
  percentile(percent: number): number {
    const rank = Math.ceil((percent / 100) * this.count)
    if (rank >= this.count) return this.#maxMs
    const median = this.#counts.medianEquivalentValue(this.#counts.getValueAtPercentile(percent)) / MICROSECONDS
    return Math.min(this.#maxMs, Math.max(this.#minMs, median))
  }

  /** Undefined while there are no times. */
  summary(): LatencySummary | undefined {
    if (this.count === 0) return undefined
    return {
      p50: toTenth(this.percentile(50)),
      p95: toTenth(this.percentile(95)),
      p99: toTenth(this.percentile(99)),
      max: toTenth(this.percentile(100)),
    }
  }

  /** The times that there are, shortest first. */
  *bins(): Generator<HistogramBin> {
    const counts = this.#counts
    for (let index = 0; index < counts.countsArrayLength; index++) {
      const count = counts.getCountAtIndex(index)
      if (count === 0) continue
      const value = counts.valueFromIndex(index)
      yield {
        fromMs: counts.lowestEquivalentValue(value) / MICROSECONDS,
        toMs: counts.nextNonEquivalentValue(value) / MICROSECONDS,
        count,
      }
    }
  }
}

/** Milliseconds as people are shown them. */
export function toTenth(ms: number): number {
  return Math.round(ms * 10) / 10
}

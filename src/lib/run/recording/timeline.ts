import { LatencyHistogram } from '../histogram.js'

/** Width of the buckets at first; it doubles whenever they are too many. */
const FIRST_WIDTH_MS = 20
/** Buckets from the first to the last one. */
const MAX_BUCKETS = 120
/** Of the latencies within one bucket, which are there to be drawn: right to half a percent. */
const DIGITS = 2

/** What happened within one stretch of time. */
export interface TimelineBucket {
  /** Steps that ended in it. */
  done: number
  failed: number
  /** Requests that were sent again. */
  retries: number
  /** Of files and layers that were transferred, also by attempts that failed. */
  bytes: number
  /** Time that all steps together were under way in it: twice its width when two were all the time. */
  busyMs: number
  /** The most steps that were under way at the same time. */
  maxInFlight: number
  /** Of the steps that were done in it; absent when none was. */
  latencies?: LatencyHistogram
}

/**
 * What happened when, in memory that does not grow with the length of a run: when its buckets are too many, two neighbours
 * become one. Buckets begin at multiples of their width since the epoch, so that those of several runs fit together.
 */
export class Timeline {
  readonly #maxBuckets: number
  #widthMs: number
  #first: number | undefined
  #buckets: TimelineBucket[] = []
  #inFlight = 0
  #lastMs = 0

  constructor(maxBuckets = MAX_BUCKETS, widthMs = FIRST_WIDTH_MS) {
    this.#maxBuckets = maxBuckets
    this.#widthMs = widthMs
  }

  /**
   * A timeline of buckets from elsewhere.
   *
   * @param startMs where the first one begins: a multiple of the width
   */
  static of(startMs: number, widthMs: number, buckets: readonly TimelineBucket[]): Timeline {
    const timeline = new Timeline(MAX_BUCKETS, widthMs)
    timeline.#first = buckets.length > 0 ? Math.floor(startMs / widthMs) : undefined
    timeline.#buckets = [...buckets]
    return timeline
  }

  get widthMs(): number {
    return this.#widthMs
  }

  /** Where the first bucket begins, in milliseconds since the epoch; 0 while there is none. */
  get startMs(): number {
    return (this.#first ?? 0) * this.#widthMs
  }

  get buckets(): readonly TimelineBucket[] {
    return this.#buckets
  }

  /** Takes in that a step began, in milliseconds since the epoch like all times here. */
  begin(atMs: number): void {
    this.#pass(atMs)
    this.#inFlight++
    const bucket = this.#bucketAt(atMs)
    bucket.maxInFlight = Math.max(bucket.maxInFlight, this.#inFlight)
  }

  /** Takes in that a step came to its end, however. */
  end(atMs: number): void {
    this.#pass(atMs)
    this.#inFlight--
  }

  done(atMs: number, latencyMs: number): void {
    const bucket = this.#bucketAt(atMs)
    bucket.done++
    bucket.latencies ??= new LatencyHistogram(DIGITS)
    bucket.latencies.record(latencyMs)
  }

  count(atMs: number, what: 'failed' | 'retries' | 'bytes', amount: number): void {
    this.#bucketAt(atMs)[what] += amount
  }

  /** Takes in all of another timeline; of steps in flight at the same time, it then knows an upper bound. */
  add(other: Timeline): void {
    if (other.#first === undefined) return
    while (this.#widthMs < other.#widthMs) this.#widen()
    this.#bucketAt(other.startMs)
    this.#bucketAt(other.startMs + other.#buckets.length * other.#widthMs - 1)
    const copy = Timeline.of(other.startMs, other.#widthMs, other.#buckets)
    while (copy.#widthMs < this.#widthMs) copy.#widen()
    for (const [index, bucket] of copy.#buckets.entries()) {
      addInto(this.#bucketAt(copy.startMs + index * copy.#widthMs), bucket, 'together')
    }
  }

  /** Spreads the time that steps were under way since the last change over the buckets it belongs to. */
  #pass(atMs: number): void {
    let fromMs = this.#lastMs
    this.#lastMs = atMs
    if (this.#inFlight === 0) return
    // The last bucket first, so that the width does not change on the way.
    this.#bucketAt(atMs)
    while (fromMs < atMs) {
      const bucket = this.#bucketAt(fromMs)
      const untilMs = Math.min(atMs, (Math.floor(fromMs / this.#widthMs) + 1) * this.#widthMs)
      bucket.busyMs += (untilMs - fromMs) * this.#inFlight
      bucket.maxInFlight = Math.max(bucket.maxInFlight, this.#inFlight)
      fromMs = untilMs
    }
  }

  #bucketAt(atMs: number): TimelineBucket {
    for (;;) {
      const index = Math.floor(atMs / this.#widthMs)
      this.#first ??= index
      const [from, until] = [Math.min(this.#first, index), Math.max(this.#first + this.#buckets.length - 1, index)]
      if (until - from < this.#maxBuckets) {
        while (this.#first > from) {
          this.#buckets.unshift(emptyBucket())
          this.#first--
        }
        while (this.#first + this.#buckets.length <= until) this.#buckets.push(emptyBucket())
        return this.#buckets[index - this.#first] as TimelineBucket
      }
      this.#widen()
    }
  }

  #widen(): void {
    this.#widthMs *= 2
    if (this.#first === undefined) return
    const before = this.#first
    this.#first = Math.floor(before / 2)
    const wider: TimelineBucket[] = []
    for (const [index, bucket] of this.#buckets.entries()) {
      const target = Math.floor((before + index) / 2) - this.#first
      addInto((wider[target] ??= emptyBucket()), bucket, 'one after the other')
    }
    this.#buckets = wider
  }
}

function emptyBucket(): TimelineBucket {
  return { done: 0, failed: 0, retries: 0, bytes: 0, busyMs: 0, maxInFlight: 0 }
}

function addInto(target: TimelineBucket, source: TimelineBucket, how: 'together' | 'one after the other'): void {
  target.done += source.done
  target.failed += source.failed
  target.retries += source.retries
  target.bytes += source.bytes
  target.busyMs += source.busyMs
  target.maxInFlight =
    how === 'together' ? target.maxInFlight + source.maxInFlight : Math.max(target.maxInFlight, source.maxInFlight)
  if (source.latencies === undefined) return
  target.latencies ??= new LatencyHistogram(DIGITS)
  target.latencies.add(source.latencies)
}

import type { ProgressSnapshot } from '../run/progress.js'

/** What a pace is taken from: what was done in the last so many milliseconds. */
const WINDOW_MS = 10_000
/** Samples closer to each other tell nothing new. */
const BETWEEN_SAMPLES_MS = 200
/** What has been going on less long says little of how fast it goes. */
const MIN_RATE_MS = 500
/** And still less of how long the rest takes. */
const MIN_ESTIMATE_MS = 3000

interface Sample {
  readonly atMs: number
  readonly steps: number
  readonly bytes: number
}

/** How fast a run goes now, and how long the rest takes if it goes on like this; undefined where nothing says so. */
export interface Pace {
  readonly stepsPerSecond: number | undefined
  readonly bytesPerSecond: number | undefined
  readonly leftMs: number | undefined
}

/** Takes the pace of a run from what was done lately: what went on before says nothing of a server that has slowed down. */
export class ProgressPace {
  readonly #startedMs: number
  #samples: Sample[]

  /** @param nowMs by any clock, the same for all samples */
  constructor(nowMs: number) {
    this.#startedMs = nowMs
    this.#samples = [{ atMs: nowMs, steps: 0, bytes: 0 }]
  }

  /** Takes a sample, unless the last one is too new. */
  note({ stepsDone, bytesDone }: ProgressSnapshot, nowMs: number): void {
    const newest = this.#samples.at(-1)
    if (newest !== undefined && nowMs - newest.atMs < BETWEEN_SAMPLES_MS) return
    this.#samples.push({ atMs: nowMs, steps: stepsDone, bytes: bytesDone })
    // The first one that is kept is the beginning of the window.
    const start = this.#samples.findLastIndex(({ atMs }) => nowMs - atMs >= WINDOW_MS)
    if (start > 0) this.#samples = this.#samples.slice(start)
  }

  read({ stepsDone, stepsTotal, bytesDone, bytesTotal }: ProgressSnapshot, nowMs: number): Pace {
    const [{ atMs, steps, bytes } = { atMs: nowMs, steps: 0, bytes: 0 }] = this.#samples
    const seconds = (nowMs - atMs) / 1000
    const rateOf = (done: number): number | undefined =>
      done > 0 && nowMs - atMs >= MIN_RATE_MS ? done / seconds : undefined
    const stepsPerSecond = rateOf(stepsDone - steps)
    const bytesPerSecond = rateOf(bytesDone - bytes)
    const [rest, rate] =
      bytesTotal > 0 ? [bytesTotal - bytesDone, bytesPerSecond] : [stepsTotal - stepsDone, stepsPerSecond]
    const isTooEarly = nowMs - this.#startedMs < MIN_ESTIMATE_MS
    const leftMs = rate === undefined || isTooEarly || rest <= 0 ? undefined : (rest / rate) * 1000
    return { stepsPerSecond, bytesPerSecond, leftMs }
  }
}

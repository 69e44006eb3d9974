import { isServerFailure } from '../../http/retry.js'
import { ResponseError } from '../../http/errors.js'
import { toTenth } from '../histogram.js'
import { Statistics, type KindTally } from '../statistics.js'
import { ErrorGroups, type ErrorGroup } from './error-groups.js'
import { Timeline } from './timeline.js'

/** Steps that are remembered for having taken long. */
export const MAX_SLOWEST = 20

/** One of the steps that took longest. */
export interface SlowStep {
  readonly step: string
  readonly outcome: 'done' | 'failed'
  /** ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
  readonly bytes: number
  readonly retries: number
}

/** Part of an experiment whose steps are measured on their own, such as one step of a ramp. */
export interface MeasuredPart {
  readonly name: string
  readonly tallies: readonly KindTally[]
}

/** An instance, or a model in it, that a run was on. */
export interface RunTarget {
  readonly url: string
  readonly modelId?: string
}

/** All that is known of how a run went, besides what it made. */
export interface Recording {
  /** ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string
  readonly targets: readonly RunTarget[]
  readonly tallies: readonly KindTally[]
  readonly parts: readonly MeasuredPart[]
  readonly timeline: Timeline
  readonly errors: readonly ErrorGroup[]
  /** Slowest first. */
  readonly slowest: readonly SlowStep[]
}

/** Watches a run as it goes, in memory that does not grow with its length. */
export class Recorder {
  readonly statistics = new Statistics()
  readonly #parts: { name: string; statistics: Statistics }[] = []
  readonly #targets: RunTarget[] = []
  readonly #timeline = new Timeline()
  readonly #errors = new ErrorGroups()
  /** Slowest first. */
  readonly #slowest: SlowStep[] = []
  readonly #startedMs = nowMs()

  target(url: string, modelId?: string): void {
    const isKnown = this.#targets.some((known) => known.url === url && known.modelId === modelId)
    if (!isKnown) this.#targets.push({ url, ...(modelId !== undefined && { modelId }) })
  }

  /** Statistics of a part of the run. */
  measure(name: string): Statistics {
    const statistics = new Statistics()
    this.#parts.push({ name, statistics })
    return statistics
  }

  stepBegan(): void {
    this.#timeline.begin(nowMs())
  }

  /** To be called once for each {@link stepBegan}. */
  stepEnded(): void {
    this.#timeline.end(nowMs())
  }

  stepDone(step: string, outcome: { latencyMs: number; bytes: number; retries: number }): void {
    this.#timeline.done(nowMs(), outcome.latencyMs)
    this.#noteSlow(step, 'done', outcome)
  }

  stepFailed(step: string, error: unknown, outcome: { latencyMs: number; bytes: number; retries: number }): void {
    this.#timeline.count(nowMs(), 'failed', 1)
    this.#errors.note(error, 'steps')
    this.#noteSlow(step, 'failed', outcome)
  }

  bytesSent(bytes: number): void {
    if (bytes > 0) this.#timeline.count(nowMs(), 'bytes', bytes)
  }

  requestRetried(): void {
    this.#timeline.count(nowMs(), 'retries', 1)
  }

  /** Takes in how an attempt of a request ended; most refusals are answers that were to be expected. */
  requestEnded(failure: unknown): void {
    const isTooMuch = failure instanceof ResponseError && failure.status === 429
    if (isTooMuch || isServerFailure(failure)) this.#errors.note(failure, 'requests')
  }

  recording(): Recording {
    return {
      startedAt: new Date(this.#startedMs).toISOString(),
      endedAt: new Date(nowMs()).toISOString(),
      targets: this.#targets,
      tallies: this.statistics.tallies(),
      parts: this.#parts.map(({ name, statistics }) => ({ name, tallies: statistics.tallies() })),
      timeline: this.#timeline,
      errors: this.#errors.list(),
      slowest: this.#slowest,
    }
  }

  #noteSlow(
    step: string,
    outcome: SlowStep['outcome'],
    { latencyMs, bytes, retries }: { latencyMs: number; bytes: number; retries: number },
  ): void {
    const last = this.#slowest.at(-1)
    if (last !== undefined && this.#slowest.length >= MAX_SLOWEST && latencyMs <= last.durationMs) return
    const startedAt = new Date(nowMs() - latencyMs).toISOString()
    this.#slowest.push({ step, outcome, startedAt, durationMs: toTenth(latencyMs), bytes, retries })
    this.#slowest.sort((a, b) => b.durationMs - a.durationMs)
    if (this.#slowest.length > MAX_SLOWEST) this.#slowest.pop()
  }
}

/** Since the epoch, by a clock that is never set back within a run. */
function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

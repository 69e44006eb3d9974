import { AsyncLocalStorage } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import pLimit, { type LimitFunction } from 'p-limit'
import { ExitCode, ExpectedError } from '../errors.js'
import { ConnectionError, ResponseError } from '../http/errors.js'
import type { Created } from './created.js'
import type { Progress } from './progress.js'
import { createRunId } from './run-id.js'
import { Statistics, type KindStatistics } from './statistics.js'

export interface RunOptions {
  /** Steps in flight at the same time. */
  readonly concurrency: number
  /** With a dry run no action is called: each step ends at once with its planned result. */
  readonly isDryRun: boolean
  readonly progress?: Progress
  /** No step starts after this has been aborted. */
  readonly signal?: AbortSignal
}

/** One effect of an experiment. */
export interface Step<T> {
  /** What sort of thing is made; statistics are kept per kind. */
  readonly kind: string
  /** Says which thing, stable from run to run: `1.4.0`, `63f... weights.bin`. */
  readonly name: string
  /** Bytes that the step transfers, for progress. */
  readonly bytes?: number
  /** The result in a dry run. */
  readonly planned: T
  /**
   * Looks on the server for what this step makes: called when an earlier attempt may have made it although its answer was
   * lost. Returns the step's result when it is there, and undefined when it is not.
   */
  readonly find?: () => Promise<T | undefined>
  /** What the step has created, for the record of the run. A step that changes something that was there has none. */
  readonly created?: (result: T) => Created
}

export interface StepContext {
  readonly signal: AbortSignal
  /** To be called as bytes are transferred; negative when they have to be sent again. */
  readonly onBytes: (delta: number) => void
}

export interface FailedStep {
  readonly key: string
  readonly message: string
  readonly tryNext: readonly string[]
}

export interface RunReport {
  readonly id: string
  readonly isDryRun: boolean
  readonly durationMs: number
  readonly retries: number
  readonly steps: readonly KindStatistics[]
  readonly failed: readonly FailedStep[]
  /** Keys of all steps of a dry run, in order; empty otherwise. */
  readonly planned: readonly string[]
}

/**
 * Runs the steps of an experiment. All effects on a server go through {@link step}: here they are bounded, measured,
 * shown, or only listed in a dry run. This is also the place where a journal will record them.
 */
export class Run {
  /** Tells this run's things on the server from those of others: it is in the names of models that the run makes. */
  readonly id = createRunId()
  readonly isDryRun: boolean
  /** Steps in flight at the same time. */
  readonly concurrency: number
  readonly #options: RunOptions
  readonly #limit: LimitFunction
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  readonly #statistics = new Statistics()
  readonly #currentStep = new AsyncLocalStorage<{ retries: number }>()
  readonly #startedMs = performance.now()
  readonly #failed: FailedStep[] = []
  readonly #planned: string[] = []
  readonly #running = new Set<string>()
  #stepsDone = 0
  #bytesDone = 0
  #retries = 0
  #expected = { steps: 0, bytes: 0 }

  constructor(options: RunOptions) {
    this.isDryRun = options.isDryRun
    this.concurrency = options.concurrency
    this.#options = options
    this.#limit = pLimit(options.concurrency)
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal
    // One listener per request in flight: their number is bounded by the concurrency, not by Node's guess at a leak.
    setMaxListeners(0, this.#signal)
  }

  /** Announces what is still to come, so that progress has a total. */
  expect(rest: { steps: number; bytes: number }): void {
    this.#expected = { steps: this.#stepsDone + rest.steps, bytes: this.#bytesDone + rest.bytes }
    this.#show()
  }

  /**
   * Carries out one step. A failure is recorded and thrown; whether others go on is the experiment's decision. A step
   * must not wait for another step inside its action, because it would hold a place while doing so.
   */
  async step<T>(step: Step<T>, action: (context: StepContext) => Promise<T>): Promise<T> {
    const key = `${step.kind} ${step.name}`
    if (this.isDryRun) {
      this.#planned.push(key)
      return step.planned
    }
    return this.#limit(async () => {
      this.#signal.throwIfAborted()
      const startedMs = performance.now()
      const store = { retries: 0 }
      let bytes = 0
      const onBytes = (delta: number): void => {
        bytes += delta
        this.#bytesDone += delta
        this.#show()
      }
      this.#running.add(key)
      this.#show()
      try {
        const result = await this.#currentStep.run(store, () => action({ signal: this.#signal, onBytes }))
        this.#statistics.recordDone(step.kind, {
          latencyMs: performance.now() - startedMs,
          bytes,
          retries: store.retries,
        })
        this.#stepsDone++
        return result
      } catch (error) {
        this.#signal.throwIfAborted()
        this.#statistics.recordFailed(step.kind, { retries: store.retries })
        if (error instanceof ExpectedError) this.#failed.push({ key, message: error.message, tryNext: error.tryNext })
        if (isHopeless(error)) this.#stop.abort(error)
        throw error
      } finally {
        this.#running.delete(key)
        this.#show()
      }
    })
  }

  /** Counts a request that is sent again, for the run and for the step it belongs to. */
  noteRetry(): void {
    this.#retries++
    const store = this.#currentStep.getStore()
    if (store) store.retries++
    this.#show()
  }

  /** Why no further step starts: an interrupt, or a failure that every other step would share. */
  get stopReason(): unknown {
    return this.#signal.aborted ? (this.#signal.reason as unknown) : undefined
  }

  report(): RunReport {
    return {
      id: this.id,
      isDryRun: this.isDryRun,
      durationMs: Math.round(performance.now() - this.#startedMs),
      retries: this.#retries,
      steps: this.#statistics.list(),
      failed: this.#failed,
      planned: this.#planned,
    }
  }

  #show(): void {
    this.#options.progress?.update({
      stepsDone: this.#stepsDone,
      stepsFailed: this.#failed.length,
      stepsTotal: this.#expected.steps,
      bytesDone: this.#bytesDone,
      bytesTotal: this.#expected.bytes,
      retries: this.#retries,
      running: [...this.#running],
    })
  }
}

/** Thrown into steps and waiting requests when the user interrupts a run. */
export class InterruptedError extends ExpectedError {
  override readonly name = 'InterruptedError'

  constructor(signalName: string) {
    super(`Stopped by ${signalName}.`, {
      exitCode: ExitCode.Interrupted,
      tryNext: ['run the same command again: what is there already is found and not made twice'],
    })
  }
}

/**
 * Whether other steps would fail for the same reason: keys or rights that do not suffice, a server that has gone, or a
 * defect of this tool.
 */
function isHopeless(error: unknown): boolean {
  if (error instanceof ResponseError) return error.status === 401 || error.status === 403
  if (error instanceof ConnectionError) return error.isUnsent
  return !(error instanceof ExpectedError)
}

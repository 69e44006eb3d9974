import { AsyncLocalStorage } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Pacer } from '../content/pacer.js'
import { ExpectedError, UsageError } from '../errors.js'
import { ConnectionError, ResponseError } from '../http/errors.js'
import type { Attempt } from '../http/news.js'
import {
  DEFAULT_RETRY_POLICY,
  isExhausted,
  isOutcomeUncertain,
  isPassing,
  isServerFailure,
  outcomeOf,
  withRetries,
  type RetryPolicy,
} from '../http/retry.js'
import { AdaptiveLimit } from './adaptive-limit.js'
import { CircuitBreaker } from './circuit-breaker.js'
import { maxStepsOf, type Concurrency } from './concurrency.js'
import type { Created } from './created.js'
import type { Journal } from './journal/journal.js'
import type { Progress, RunningStep } from './progress.js'
import { Recorder, type Recording } from './recording/recorder.js'
import { createRunId } from './run-id.js'
import { ownerOf, type Shard } from './shard.js'
import { ShardWaits } from './shard-waits.js'
import type { KindStatistics, Statistics } from './statistics.js'
import { hasFormOf, stepKey, type Sharing, type Step, type StepContext } from './step.js'
import { FailFastError, isHopeless, ServerFailingError } from './stop.js'

export type { FindContext, Step, StepContext } from './step.js'
export { InterruptedError } from './stop.js'

export interface RunOptions {
  /** Steps in flight at the same time. */
  readonly concurrency: Concurrency
  /** The pace of all that the run sends, files and layers alike. */
  readonly pacer?: Pacer | undefined
  /** Sockets to one instance at most. Default: what the concurrency takes. */
  readonly maxConnections?: number | undefined
  /** With a dry run no action is called: each step ends at once with its planned result. */
  readonly isDryRun: boolean
  readonly progress?: Progress
  /** No step starts after this has been aborted, and those that run are broken off after the time of grace. */
  readonly signal?: AbortSignal
  /** How long running steps may go on when no more are to start, in milliseconds. Default: not at all. */
  readonly graceMs?: number
  /** Where the run is recorded. Without it nothing of the run outlives the process. */
  readonly journal?: Journal
  /** The command that goes on with this run, for people. */
  readonly resumeCommand?: string
  readonly retryPolicy?: RetryPolicy
  /** Whether the first failed step ends the run. */
  readonly isFailFast?: boolean
  /** Default: this process makes everything. */
  readonly share?: RunShare
}

/** What a process has of a run that several make together. */
export interface RunShare {
  readonly shard: Shard
  /** The same for all shards of a run, and no other run's: it takes the place of the run's id in names. */
  readonly runId: string
  /** How long to wait for what other shards make while nothing of it appears, in milliseconds. */
  readonly patienceMs: number
}

export interface FailedStep {
  readonly key: string
  readonly message: string
  readonly tryNext: readonly string[]
}

export interface RunReport {
  readonly id: string
  readonly isDryRun: boolean
  /** Whether an interrupt or a failure ended it before all was made and looked at. */
  readonly isStopped: boolean
  /** Whether an earlier process has begun it. */
  readonly isContinued: boolean
  readonly durationMs: number
  /** From the start of the first step that transferred something to the end of the last one; 0 where none did. */
  readonly transferMs: number
  readonly retries: number
  readonly steps: readonly KindStatistics[]
  /** Steps that were to be made, those of earlier processes included; 0 until the plan is known. */
  readonly stepsExpected: number
  /** How many of them are made, as far as this process has seen. */
  readonly stepsDone: number
  readonly failed: readonly FailedStep[]
  /** Keys of all steps of a dry run, in order; empty otherwise. */
  readonly planned: readonly string[]
  /** Bytes that these would transfer. */
  readonly plannedBytes: number
  /** With `auto`, how many steps were under way together at the end. */
  readonly settledConcurrency?: number
  /** The command that goes on with this run; absent where nothing is recorded of it. */
  readonly resume?: string
  /** Which share of the run this is, where several processes make it. */
  readonly shard?: Shard
}

/** What becomes of one step while it is carried out. */
interface StepState {
  retries: number
  bytes: number
  /** Whether it may have happened although no answer said so. */
  isUncertain: boolean
  /** Whether the server has been asked since, and did not have it. */
  isLookedUp: boolean
  readonly notes: unknown[]
}

/**
 * Runs the steps of an experiment. All effects on a server go through {@link step}: here they are bounded, measured, shown,
 * recorded, tried again and looked up, or only listed in a dry run.
 */
export class Run {
  /** Tells this run's things on the server from those of others: it is in the names of models that the run makes. */
  readonly id: string
  readonly isDryRun: boolean
  /** Steps in flight at the same time, at most. */
  readonly concurrency: number
  readonly pacer: Pacer | undefined
  readonly maxConnections: number | undefined
  readonly retryPolicy: RetryPolicy
  /** Aborted when what is under way is to be broken off. */
  readonly signal: AbortSignal
  readonly shard: Shard | undefined
  readonly #options: RunOptions
  readonly #journal: Journal | undefined
  readonly #waits: ShardWaits | undefined
  /** What the first searches of a shard share what they read by: nobody else makes what they look for. */
  readonly #firstRound = {}
  readonly #limit: LimitFunction
  /** Absent where the number of places is given. */
  readonly #adaptiveLimit: AdaptiveLimit | undefined
  readonly #noMoreSteps = new AbortController()
  readonly #breakOff = new AbortController()
  readonly #breaker = new CircuitBreaker()
  readonly #recorder = new Recorder()
  readonly #currentStep = new AsyncLocalStorage<StepState>()
  readonly #startedMs = performance.now()
  readonly #failed: FailedStep[] = []
  readonly #planned: string[] = []
  readonly #keys = new Set<string>()
  readonly #running = new Map<string, () => RunningStep>()
  #grace: NodeJS.Timeout | undefined
  #plannedBytes = 0
  #transferStartedMs = 0
  #transferEndedMs = 0
  #stepsDone = 0
  #bytesDone = 0
  #retries = 0
  #lastRetry: string | undefined
  #waiting: string | undefined
  #expected = { steps: 0, bytes: 0 }

  constructor(options: RunOptions) {
    this.#options = options
    this.#journal = options.journal
    this.id = options.share?.runId ?? options.journal?.header.id ?? createRunId()
    this.isDryRun = options.isDryRun
    this.concurrency = maxStepsOf(options.concurrency)
    this.pacer = options.pacer
    this.maxConnections = options.maxConnections
    this.shard = options.share?.shard
    this.retryPolicy = options.retryPolicy ?? DEFAULT_RETRY_POLICY
    this.#adaptiveLimit = options.concurrency === 'auto' ? new AdaptiveLimit(this.concurrency) : undefined
    this.#limit = pLimit(this.#adaptiveLimit?.limit ?? this.concurrency)
    this.signal = this.#breakOff.signal
    // One listener per request in flight: their number is bounded by the concurrency, not by Node's guess at a leak.
    setMaxListeners(0, this.signal, this.#noMoreSteps.signal)
    const { signal, share } = options
    this.#waits = share && new ShardWaits(share.shard, { ...share, signal: this.#noMoreSteps.signal })
    const stop = (): void => this.#stopStarting(signal?.reason)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  }

  /** Announces what is still to come, so that progress has a total. */
  expect(rest: { steps: number; bytes: number }): void {
    this.#expected = { steps: this.#stepsDone + rest.steps, bytes: this.#bytesDone + rest.bytes }
    this.#show()
  }

  /**
   * Says which instance the run works on, before anything is made there.
   *
   * @throws UsageError when the run is continued and was on another one
   */
  useOrigin(origin: string): void {
    this.#journal?.useTarget({ origin })
    this.#recorder.target(origin)
  }

  /**
   * Says which model the run works in, before anything is made in it. In a dry run it may be one that is not there.
   *
   * @throws UsageError when the run is continued and was in another one
   */
  useModel(origin: string, modelId: string): void {
    if (!this.isDryRun) this.#journal?.useTarget({ origin, modelId })
    this.#recorder.target(origin, modelId)
  }

  /** What earlier processes of this run have recorded of a step: undefined when it never began. */
  recordOf(kind: string, name: string): 'begun' | 'done' | undefined {
    const record = this.#journal?.recordOf(stepKey({ kind, name }))
    if (record === undefined) return undefined
    return record.state === 'done' ? 'done' : 'begun'
  }

  /** What earlier processes of this run have created, oldest first. */
  get createdEarlier(): readonly Created[] {
    return this.#journal?.earlier?.created ?? []
  }

  /**
   * Carries out one step. One that an earlier process of the run has done is left out, one that may have happened is
   * looked up first. A failure is recorded and thrown; whether others go on is the experiment's decision. A step must not
   * wait for another step inside its action, because it would hold a place while doing so.
   *
   * @throws what the action throws for good, and why no more steps start
   */
  async step<T>(step: Step<T>, action: (context: StepContext) => Promise<T>): Promise<T> {
    const key = stepKey(step)
    if (this.#keys.has(key)) throw new TypeError(`two steps are called ${key}`)
    this.#keys.add(key)
    if (step.sharing !== undefined && !this.owns(key, step.sharing)) return this.awaitOther(step)
    const record = this.#journal?.recordOf(key)
    if (this.isDryRun) {
      if (record?.state === 'done') return this.#recordedResult(step, record.result)
      this.#planned.push(key)
      this.#plannedBytes += step.bytes ?? 0
      return step.planned
    }
    return this.#limit(async () => {
      this.#noMoreSteps.signal.throwIfAborted()
      const startedMs = performance.now()
      const state: StepState = {
        retries: 0,
        bytes: 0,
        isUncertain: record === undefined ? this.#isLookingFirst : record.state !== 'done' && record.isUncertain,
        isLookedUp: false,
        notes: [...(record?.notes ?? [])],
      }
      this.#running.set(key, () => ({ key, bytesDone: state.bytes, bytesTotal: step.bytes ?? 0 }))
      this.#recorder.stepBegan()
      this.#show()
      try {
        if (record?.state === 'done') {
          const result = this.#recordedResult(step, record.result)
          if (step.verify === undefined || (await step.verify(result))) {
            this.#recorder.statistics.recordSkipped(step.kind)
            this.#stepsDone++
            this.#expected.bytes = Math.max(0, this.#expected.bytes - (step.bytes ?? 0))
            return result
          }
        }
        const result = await this.#currentStep.run(state, () => this.#carryOut(step, action, state))
        await this.#journal?.done(key, result, step.created?.(result))
        const { bytes, retries } = state
        const outcome = { latencyMs: performance.now() - startedMs, bytes, retries }
        if (bytes > 0) this.#noteTransfer(startedMs)
        this.#recorder.statistics.recordDone(step.kind, outcome)
        this.#recorder.stepDone(key, outcome)
        this.#stepsDone++
        return result
      } catch (error) {
        // What was broken off stays begun in the journal, because its outcome is open.
        this.signal.throwIfAborted()
        await this.#recordFailure(step, error, state, performance.now() - startedMs)
        throw error
      } finally {
        this.#running.delete(key)
        this.#recorder.stepEnded()
        if (this.#noMoreSteps.signal.aborted && this.#running.size === 0) this.#breakOffNow()
        this.#show()
      }
    })
  }

  /**
   * Whether this process makes a thing: always, unless several make the run together.
   *
   * @param key such as a step's: all processes have to give the same
   */
  owns(key: string, sharing: Sharing = 'by-key'): boolean {
    return this.shard === undefined || ownerOf(key, this.shard.count, sharing) === this.shard.index
  }

  /** Whether this process makes what has an order. */
  get ownsOrder(): boolean {
    return this.owns('', 'in-order')
  }

  /** Whether no other process makes things for this run. */
  get isAlone(): boolean {
    return this.shard === undefined
  }

  /**
   * Waits for what another shard makes, holding no place of the run's concurrency; nothing is recorded of it.
   *
   * @returns what `find` of the step finds; in a dry run its planned result
   * @throws ShardMissingError when it does not appear; why no more steps start
   */
  async awaitOther<T>(step: Pick<Step<T>, 'kind' | 'name' | 'planned' | 'sharing' | 'find'>): Promise<T> {
    if (this.isDryRun || this.#waits === undefined) return step.planned
    const key = stepKey(step)
    const { find, sharing = 'by-key' } = step
    if (find === undefined) throw new TypeError(`what others make has to be looked for: ${key}`)
    try {
      const found = await this.#waits.wait(key, sharing, (round) => find({ notes: [], signal: this.signal, round }))
      this.#stepsDone++
      return found
    } catch (error) {
      this.#noMoreSteps.signal.throwIfAborted()
      if (error instanceof ExpectedError) this.#failed.push({ key, message: error.message, tryNext: error.tryNext })
      throw error
    } finally {
      this.#show()
    }
  }

  /** Counts a request that is sent again, for the run and for the step it belongs to. */
  noteRetry(failure?: Error): void {
    this.#retries++
    this.#lastRetry = failure && describeRetry(failure)
    this.#recorder.requestRetried()
    const state = this.#currentStep.getStore()
    if (state) state.retries++
    this.#show()
  }

  /** Says what the run waits for outside of its steps; undefined: nothing any more. */
  showWait(what: string | undefined): void {
    this.#waiting = what
    this.#show()
  }

  /**
   * Takes in how an attempt of a request ended, so that a server which fails for a while ends the run, and that one which has
   * enough to do is asked for less at a time.
   */
  noteAttempt(failure: unknown, attempt?: Attempt): void {
    this.#recorder.requestEnded(failure)
    if (this.#adaptiveLimit !== undefined && attempt !== undefined) {
      const isLimitReached = this.#running.size >= this.#adaptiveLimit.limit
      this.#adaptiveLimit.note({ ...attempt, outcome: outcomeOf(failure), isLimitReached })
      this.#limit.concurrency = this.#adaptiveLimit.limit
    }
    if (this.#breaker.note(isServerFailure(failure))) this.#stopStarting(new ServerFailingError())
  }

  /** Aborted when no further step starts: what waits outside of a step ends by it. */
  get stopSignal(): AbortSignal {
    return this.#noMoreSteps.signal
  }

  /** Why no further step starts: an interrupt, or a failure that every other step would share. */
  get stopReason(): unknown {
    const { signal } = this.#noMoreSteps
    return signal.aborted ? (signal.reason as unknown) : undefined
  }

  /** Statistics of a part of the run that is measured on its own, kept for the report. */
  measure(name: string): Statistics {
    return this.#recorder.measure(name)
  }

  /** How the run has gone until now. */
  recording(): Recording {
    return this.#recorder.recording()
  }

  report(): RunReport {
    const { resumeCommand: resume } = this.#options
    return {
      id: this.id,
      isDryRun: this.isDryRun,
      isStopped: this.stopReason !== undefined,
      isContinued: this.#journal?.earlier !== undefined,
      durationMs: Math.round(performance.now() - this.#startedMs),
      transferMs: Math.round(this.#transferEndedMs - this.#transferStartedMs),
      retries: this.#retries,
      steps: this.#recorder.statistics.list(),
      stepsExpected: this.#expected.steps,
      stepsDone: this.#stepsDone,
      failed: this.#failed,
      planned: this.#planned,
      plannedBytes: this.#plannedBytes,
      ...(this.#adaptiveLimit && { settledConcurrency: this.#adaptiveLimit.limit }),
      ...(resume !== undefined && this.#journal?.isWorthKeeping && { resume }),
      ...(this.shard && { shard: this.shard }),
    }
  }

  /** A shard that was started anew, without its journal, may have made everything before. */
  get #isLookingFirst(): boolean {
    return !this.isAlone && this.#journal?.earlier === undefined
  }

  /** Carries a step's action out, again where that is safe and promising, and looks first where it is not known to be. */
  async #carryOut<T>(step: Step<T>, action: (context: StepContext) => Promise<T>, state: StepState): Promise<T> {
    const key = stepKey(step)
    const { notes } = state
    const find = async (round = {}): Promise<T | undefined> => {
      const found = await step.find?.({ notes, signal: this.signal, round })
      state.isLookedUp = step.find !== undefined
      return found
    }
    const context = (isRepeated: boolean): StepContext => ({
      notes,
      isRepeated,
      signal: this.signal,
      onBytes: (delta) => {
        state.bytes += delta
        this.#bytesDone += delta
        this.#recorder.bytesSent(delta)
        this.#show()
      },
      note: async (value, created) => {
        await this.#journal?.note(key, value, created)
        notes.push(value)
      },
    })
    await this.#journal?.begin(key)
    // It may have happened in an earlier process; a step that cannot look is one that may be carried out twice.
    if (state.isUncertain) {
      const found = await find(this.#firstRound)
      if (found !== undefined) return found
    }
    const isRepeatable = (failure: Error): boolean => {
      if (isExhausted(failure)) return false
      if (step.isRetryable?.(failure)) return true
      return step.find !== undefined && isOutcomeUncertain(failure) && isPassing(failure)
    }
    let failure: unknown
    // A search that fails says nothing; then the failure that made it necessary is the one to tell of.
    const findAfterFailure = async (): Promise<T | undefined> =>
      find().catch(() => {
        throw failure
      })
    const attempt = async (number: number): Promise<T> => {
      const stepContext = context(number > 0 || state.isUncertain)
      // Nothing is sent again before a look has succeeded, or it would perhaps be made twice.
      if (failure !== undefined && state.isUncertain && !state.isLookedUp) {
        const found = await findAfterFailure()
        if (found !== undefined) return found
      }
      try {
        return await action(stepContext)
      } catch (error) {
        if (this.signal.aborted) throw error
        failure = error
        state.isUncertain ||= isOutcomeUncertain(error)
        state.isLookedUp = false
        stepContext.onBytes(-state.bytes)
        const found = state.isUncertain ? await findAfterFailure() : undefined
        if (found !== undefined) return found
        throw error
      }
    }
    return withRetries(
      {
        policy: this.retryPolicy,
        isRepeatable: false,
        isWorthRetrying: isRepeatable,
        signal: this.signal,
        onRetry: (failure) => this.noteRetry(failure),
      },
      attempt,
    )
  }

  #noteTransfer(startedMs: number): void {
    const isFirst = this.#transferEndedMs === 0
    this.#transferStartedMs = isFirst ? startedMs : Math.min(this.#transferStartedMs, startedMs)
    this.#transferEndedMs = performance.now()
  }

  async #recordFailure<T>(step: Step<T>, error: unknown, state: StepState, latencyMs: number): Promise<void> {
    const key = stepKey(step)
    // The same step may be tried again in this run.
    this.#keys.delete(key)
    const { bytes, retries } = state
    this.#recorder.statistics.recordFailed(step.kind, { retries })
    this.#recorder.stepFailed(key, error, { latencyMs, bytes, retries })
    if (error instanceof ExpectedError) {
      const isUnknown = state.isUncertain && !state.isLookedUp
      const message = isUnknown ? `${error.message} It may have happened all the same.` : error.message
      this.#failed.push({ key, message, tryNext: error.tryNext })
      // When the journal is what failed, there is no record of that either.
      await this.#journal?.fail(key, message, state.isUncertain).catch(() => undefined)
    }
    if (isHopeless(error)) {
      this.#noMoreSteps.abort(error)
      this.#breakOffNow()
    } else if (this.#options.isFailFast) {
      this.#stopStarting(new FailFastError(key))
    }
  }

  #recordedResult<T>(step: Step<T>, result: unknown): T {
    if (hasFormOf(step.planned, result)) return result as T
    throw new UsageError(
      `The journal ${this.#journal?.file ?? ''} has another result for the step ${stepKey(step)} than it can have.`,
      ['run the command again without --resume: what is there is found by looking'],
    )
  }

  /** Lets running steps go on for the time of grace, and starts no other. */
  #stopStarting(reason: unknown): void {
    if (this.#noMoreSteps.signal.aborted) return
    this.#noMoreSteps.abort(reason)
    const { graceMs = 0 } = this.#options
    if (graceMs === 0 || this.#running.size === 0) this.#breakOffNow()
    else this.#grace = setTimeout(() => this.#breakOffNow(), graceMs)
  }

  #breakOffNow(): void {
    clearTimeout(this.#grace)
    this.#breakOff.abort(this.#noMoreSteps.signal.reason)
  }

  #show(): void {
    this.#options.progress?.update({
      stepsDone: this.#stepsDone,
      stepsFailed: this.#failed.length,
      stepsTotal: this.#expected.steps,
      bytesDone: this.#bytesDone,
      bytesTotal: this.#expected.bytes,
      retries: this.#retries,
      lastRetry: this.#lastRetry,
      waiting: this.#waiting,
      running: () => Array.from(this.#running.values(), (describe) => describe()),
    })
  }
}

/** Why something is tried again, in a few words; what is not of the network says nothing short. */
function describeRetry(failure: Error): string | undefined {
  if (failure instanceof ResponseError) return `status ${failure.status}`
  return failure instanceof ConnectionError ? failure.reason : undefined
}

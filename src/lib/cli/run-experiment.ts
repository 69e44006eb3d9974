import { Pacer } from '../content/pacer.js'
import { ExitCode, ExpectedError } from '../errors.js'
import type { ExperimentContext } from '../experiments/context.js'
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../http/retry.js'
import { createProgress } from '../report/progress-display.js'
import { sayOnStderr, showOnStderr, wrapForStderr } from '../report/stderr.js'
import { formatDuration } from '../report/text.js'
import type { Concurrency } from '../run/concurrency.js'
import { Run, type RunOptions } from '../run/run.js'
import { describeError, formatNote, printError, withResume } from './describe-error.js'
import { watchInterrupts } from './interrupts.js'
import type { RunRecord } from './run-record.js'

export interface ExperimentSetting {
  readonly concurrency: Concurrency
  readonly bytesPerSecond?: number | undefined
  readonly maxConnections?: number | undefined
  /** How long running steps may go on after an interrupt. */
  readonly graceMs: number
  readonly isDryRun: boolean
  readonly isFailFast: boolean
  readonly isQuiet: boolean
  /** Absent for what is not recorded as a run of its own. */
  readonly record?: RunRecord
  /** How long to wait for what other shards make. */
  readonly shardPatienceMs?: number | undefined
  readonly retries: Pick<RetryPolicy, 'maxRetries' | 'maxElapsedMs'>
  readonly version: string
  /** Is given the run before its first step. */
  readonly onRun?: (run: Run) => void
}

/**
 * Gives an experiment what it runs on: steps, progress on stderr, and an end on Ctrl-C.
 *
 * @returns the experiment's result, also when it was interrupted between steps
 */
export async function runExperiment<T>(
  setting: ExperimentSetting,
  experiment: (context: ExperimentContext) => Promise<T>,
): Promise<{ result: T; stopReason: unknown }> {
  const { bytesPerSecond, concurrency, graceMs, isDryRun, isFailFast, record, retries, version } = setting
  const progress = setting.isQuiet || isDryRun ? undefined : await createProgress(process.stderr)
  showOnStderr(progress)
  const endProgress = (): void => {
    progress?.stop()
    showOnStderr(undefined)
  }
  const interrupts = watchInterrupts(
    (signal) => sayOnStderr(wrapForStderr(describeStopping(signal, graceMs))),
    () => {
      endProgress()
      printStop(new ExpectedError('Stopped at once.', { exitCode: ExitCode.Interrupted }), resumeCommandOf(record))
    },
  )
  const run = new Run({
    concurrency,
    maxConnections: setting.maxConnections,
    pacer: bytesPerSecond === undefined ? undefined : new Pacer(bytesPerSecond),
    graceMs,
    isDryRun,
    isFailFast,
    // A dry run of a new run is none that could be continued.
    ...(record !== undefined && (!isDryRun || record.journal.earlier !== undefined) && recordOptions(record)),
    ...(record?.share && { share: { ...record.share, patienceMs: setting.shardPatienceMs ?? 0 } }),
    retryPolicy: { ...DEFAULT_RETRY_POLICY, ...retries },
    signal: interrupts.signal,
    ...(progress && { progress }),
  })
  setting.onRun?.(run)
  try {
    const result = await experiment({ run, version, warn: (message) => sayOnStderr(formatNote(message)) })
    endProgress()
    if (run.stopReason !== undefined) printStop(run.stopReason, run.report().resume)
    return { result, stopReason: run.stopReason }
  } finally {
    endProgress()
    interrupts.stop()
  }
}

function recordOptions({ journal, resumeCommand }: RunRecord): Pick<RunOptions, 'journal' | 'resumeCommand'> {
  return { journal, resumeCommand }
}

function describeStopping(signal: NodeJS.Signals, graceMs: number): string {
  const end = graceMs > 0 ? `, at the latest in ${formatDuration(graceMs)}` : ' or broken off'
  return `\n${signal}: stopping when what is under way is done${end}; once more to stop at once.`
}

function resumeCommandOf(record: RunRecord | undefined): string | undefined {
  return record?.journal.isWorthKeeping ? record.resumeCommand : undefined
}

/** Says why a run ended early, and with which command it goes on. */
function printStop(reason: unknown, resume: string | undefined): void {
  const description = describeError(reason)
  printError(resume === undefined ? description : withResume(description, reason, resume))
}

import { ExitCode, ExpectedError } from '../errors.js'
import { ConnectionError } from '../http/errors.js'
import type { RunReport } from '../run/run.js'
import { ServerFailingError } from '../run/stop.js'

/** One thing that is not as the experiment set out to make it. */
export interface Finding {
  /** What it is about, such as `release 1.2.0` or `tag foo-bar`. */
  readonly subject: string
  /** Goes on after the subject, without a full stop: `is not there`. */
  readonly message: string
  /** In the imperative. */
  readonly tryNext?: string
}

/** What was said to something that cannot be undone; in a dry run, or with nothing to do or nobody to ask, it is not asked. */
export type Confirmation = 'given' | 'refused' | 'not-asked'

/** The model that an experiment works in. */
export interface TargetModel {
  readonly url: string
  /** Empty where none was needed, or nothing was made. */
  readonly modelId: string
  readonly isNew: boolean
}

/** What the results of all experiments have in common. Each has a type of its own, which `--json` prints. */
export interface ExperimentResult {
  readonly experiment: string
  /** Of this tool. */
  readonly version: string
  readonly seed: string
  readonly target: TargetModel
  readonly run: RunReport
  /** From the check at the end: what is there against what was to be made. Empty in a dry run. */
  readonly findings: readonly Finding[]
}

/**
 * The exit code that an experiment ends with.
 *
 * @param stopReason why the run ended early, if it did
 */
export function exitCodeOf(run: RunReport, findingCount: number, stopReason: unknown): ExitCode {
  const isBegun = run.steps.some(({ done, skipped }) => done + skipped > 0)
  // An instance that was lost on the way has part of what was to be made, and another run goes on there.
  const isLost = stopReason instanceof ConnectionError || stopReason instanceof ServerFailingError
  if (isLost && isBegun) return ExitCode.Partial
  if (stopReason instanceof ExpectedError) return stopReason.exitCode
  if (run.failed.length > 0) return ExitCode.Partial
  return findingCount === 0 ? ExitCode.Done : ExitCode.Findings
}

import type { ExperimentContext } from '../experiments/context.js'
import { createProgress } from '../report/progress-display.js'
import { Run } from '../run/run.js'
import { describeError, printError } from './describe-error.js'
import { watchInterrupts } from './interrupts.js'

export interface ExperimentSetting {
  readonly concurrency: number
  readonly isDryRun: boolean
  readonly isQuiet: boolean
  readonly version: string
  readonly warn: (message: string) => void
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
  const interrupts = watchInterrupts()
  const progress = setting.isQuiet || setting.isDryRun ? undefined : createProgress(process.stderr)
  const run = new Run({
    concurrency: setting.concurrency,
    isDryRun: setting.isDryRun,
    signal: interrupts.signal,
    ...(progress && { progress }),
  })
  try {
    const result = await experiment({ run, signal: interrupts.signal, version: setting.version, warn: setting.warn })
    progress?.stop()
    if (run.stopReason !== undefined) printError(describeError(run.stopReason))
    return { result, stopReason: run.stopReason }
  } finally {
    progress?.stop()
    interrupts.stop()
  }
}

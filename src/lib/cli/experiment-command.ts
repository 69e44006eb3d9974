import type { ExperimentContext } from '../experiments/context.js'
import { exitCodeOf, type Finding } from '../experiments/result.js'
import type { RunReport } from '../run/run.js'
import { BaseCommand } from './base-command.js'
import { printShortfall, type Extent } from './print-shortfall.js'
import { runExperiment } from './run-experiment.js'

/** The flags that decide how an experiment is run, as `experimentFlags` and the base command define them. */
export interface RunFlags {
  readonly concurrency: number
  readonly 'dry-run': boolean
  readonly quiet: boolean
}

/** How a command shows the result of its experiment. */
export interface ResultView<T> {
  /** The summary for people. */
  readonly text: (result: T) => string
  /** What is not as asked for; any finding gives exit code 1. */
  readonly findings: (result: T) => readonly Finding[]
  /** The model or instance that the experiment worked in, for messages. */
  readonly where: (result: T) => string
  /** What findings mean as a whole; default: that something is not as asked for. */
  readonly extent?: (result: T) => Extent
  /** True where steps that fail are what is measured: then findings alone decide over the exit code. */
  readonly failuresAreFindings?: boolean
}

/** What the commands of all experiments share: they run one, print its result, and end with the exit code it stands for. */
export abstract class ExperimentCommand extends BaseCommand {
  protected async runExperiment<T extends { readonly run: RunReport }>(
    flags: RunFlags,
    experiment: (context: ExperimentContext) => Promise<T>,
    view: ResultView<T>,
  ): Promise<T> {
    const { result, stopReason } = await runExperiment(
      {
        concurrency: flags.concurrency,
        isDryRun: flags['dry-run'],
        isQuiet: flags.quiet,
        version: this.config.version,
        warn: (message) => this.tell(message),
      },
      experiment,
    )
    const findings = view.findings(result)
    const judged: RunReport = view.failuresAreFindings ? { ...result.run, failed: [] } : result.run
    process.exitCode = exitCodeOf(judged, findings.length, stopReason)
    this.log(view.text(result))
    if (stopReason === undefined) printShortfall(view.where(result), judged, findings, view.extent?.(result))
    return result
  }
}

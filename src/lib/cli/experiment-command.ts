import { Flags, type Interfaces } from '@oclif/core'
import type { ExperimentContext } from '../experiments/context.js'
import { exitCodeOf, type Finding } from '../experiments/result.js'
import { ExitCode } from '../errors.js'
import type { ExperimentPart } from '../report/document/model.js'
import type { ReportFile } from '../report/document/write-reports.js'
import type { Recording } from '../run/recording/recorder.js'
import type { Concurrency } from '../run/concurrency.js'
import type { RunReport } from '../run/run.js'
import { BaseCommand } from './base-command.js'
import { withResume, type ErrorDescription } from './describe-error.js'
import { printShortfall, type Extent } from './print-shortfall.js'
import { ReportWriter } from './report-writer.js'
import { createRecord, openRecord, type Invocation, type RunRecord } from './run-record.js'
import { runExperiment } from './run-experiment.js'

/** The flags that decide how an experiment is run, as `experimentFlags` and the base command define them. */
export interface RunFlags {
  readonly bandwidth?: number | undefined
  readonly concurrency: Concurrency
  readonly 'dry-run': boolean
  readonly 'fail-fast': boolean
  readonly grace: number
  readonly 'max-connections'?: number | undefined
  readonly 'max-retries': number
  readonly quiet: boolean
  readonly report: readonly ReportFile[]
  readonly 'retry-for': number
  /** Where the experiment can be made by several processes. */
  readonly 'wait-for-shards'?: number
  readonly seed: string
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
  /** What a report has of this experiment alone; it is loaded when a report is written. */
  readonly reportPart?: (result: T, recording: Recording) => Promise<ExperimentPart>
}

/** What the commands of all experiments share: they run one, print its result, and end with the exit code it stands for. */
export abstract class ExperimentCommand extends BaseCommand {
  #record: RunRecord | undefined
  #reports: ReportWriter | undefined

  /**
   * Reads the command line. With `--resume` it is that of the run which is continued, with what was given now for
   * presentation and pace.
   */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv = this.argv): Promise<Interfaces.ParserOutput<F, B, A>> {
    const invocation = this.#describeInvocation(argv)
    this.#record = await openRecord(invocation, async (line) => (await super.parse(options, [...line])).flags)
    const parsed = await super.parse(options, [...(this.#record?.argv ?? argv)])
    // --json is looked for in these words.
    this.argv = argv
    this.#record ??= await createRecord(invocation)
    this.#reports = await ReportWriter.create(invocation, this.#record, parsed.flags as unknown as RunFlags)
    return parsed
  }

  protected async runExperiment<T extends { readonly run: RunReport }>(
    flags: RunFlags,
    experiment: (context: ExperimentContext) => Promise<T>,
    view: ResultView<T>,
  ): Promise<T> {
    const record = this.#record ?? (await createRecord(this.#describeInvocation(this.argv)))
    this.#sayWhatIsContinued(record)
    const { result, stopReason } = await runExperiment(
      {
        bytesPerSecond: flags.bandwidth,
        concurrency: flags.concurrency,
        maxConnections: flags['max-connections'],
        graceMs: flags.grace,
        isDryRun: flags['dry-run'],
        isFailFast: flags['fail-fast'],
        isQuiet: flags.quiet,
        record,
        shardPatienceMs: flags['wait-for-shards'],
        retries: { maxRetries: flags['max-retries'], maxElapsedMs: flags['retry-for'] },
        version: this.config.version,
        onRun: (run) => this.#reports?.watch(run),
      },
      experiment,
    )
    const findings = view.findings(result)
    const judged: RunReport = view.failuresAreFindings ? { ...result.run, failed: [] } : result.run
    const exitCode = exitCodeOf(judged, findings.length, stopReason)
    process.exitCode = exitCode
    await record.journal.close(flags['dry-run'] ? undefined : exitCode)
    this.log(view.text(result))
    await this.#reports?.write({
      exitCode,
      findings,
      reason: stopReason instanceof Error ? stopReason.message : undefined,
      part: (recording) => view.reportPart?.(result, recording),
    })
    if (stopReason === undefined) printShortfall(view.where(result), judged, findings, view.extent?.(result))
    return result
  }

  protected override describe(error: unknown): ErrorDescription {
    const description = super.describe(error)
    const journal = this.#record?.journal
    if (this.#record === undefined || !journal?.isWorthKeeping || description.exitCode === ExitCode.Usage)
      return description
    // An instance that was lost on the way has part of what was to be made.
    const isPartial = description.exitCode === ExitCode.Unreachable && journal.hasBegun
    const exitCode = isPartial ? ExitCode.Partial : description.exitCode
    return withResume({ ...description, exitCode }, error, this.#record.resumeCommand)
  }

  protected override async catch(error: Error): Promise<void> {
    const { message, exitCode } = this.describe(error)
    await this.#reports?.write({ exitCode, findings: [], reason: message })
    await super.catch(error)
    await this.#record?.journal.close(Number(process.exitCode))
  }

  #describeInvocation(argv: readonly string[]): Invocation {
    const { id, flags, baseFlags } = this.ctor
    return {
      command: id.replaceAll(':', ' '),
      program: this.config.bin,
      version: this.config.version,
      input: { flags: { ...baseFlags, ...flags, json: Flags.boolean() } },
      argv,
    }
  }

  #sayWhatIsContinued({ journal }: RunRecord): void {
    const { header, earlier } = journal
    if (earlier === undefined) return
    if (header.version !== this.config.version) {
      this.tell(
        `The run ${header.id} was started with version ${header.version}, and goes on with ${this.config.version}.`,
      )
    }
    if (earlier.end?.exitCode === ExitCode.Done) {
      this.tell(`The run ${header.id} had come to its end; what it made is looked at again.`)
    }
  }
}

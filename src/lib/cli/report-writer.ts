import { ExitCode } from '../errors.js'
import type { Finding } from '../experiments/result.js'
import type { ExperimentPart } from '../report/document/model.js'
import type { DocumentInput, ReportedRun } from '../report/document/build-document.js'
import { writeReports, type ReportFile } from '../report/document/write-reports.js'
import { sayOnStderr } from '../report/stderr.js'
import { listInWords } from '../report/text.js'
import { Recorder, type Recording } from '../run/recording/recorder.js'
import { maxStepsOf, type Concurrency } from '../run/concurrency.js'
import type { Run } from '../run/run.js'
import { describeError, formatNote, printError } from './describe-error.js'
import { parseWritten, toReportedArgs } from './recorded-args.js'
import type { Invocation, RunRecord } from './run-record.js'

/** How a run ended, for its report. */
export interface RunEnd {
  readonly exitCode: number
  readonly findings: readonly Finding[]
  /** Why it ended early. */
  readonly reason?: string | undefined
  readonly part?: (recording: Recording) => Promise<ExperimentPart> | undefined
}

interface ReportedFlags {
  readonly concurrency: Concurrency
  readonly 'dry-run': boolean
  readonly quiet: boolean
  readonly report: readonly ReportFile[]
  readonly seed: string
}

/** Writes the reports that a command line asks for, once, however the run ended. */
export class ReportWriter {
  readonly #files: readonly ReportFile[]
  readonly #isQuiet: boolean
  readonly #started: Pick<DocumentInput, 'command' | 'args' | 'version' | 'seed' | 'concurrency' | 'shard'>
  readonly #empty: ReportedRun
  #run: Run | undefined
  #isWritten = false

  private constructor(invocation: Invocation, args: readonly string[], record: RunRecord, flags: ReportedFlags) {
    const { command, version } = invocation
    const { seed, concurrency, 'dry-run': isDryRun } = flags
    this.#files = flags.report
    this.#isQuiet = flags.quiet
    const { journal, share } = record
    this.#started = { command, args, version, seed, concurrency: maxStepsOf(concurrency), shard: share?.shard }
    const id = share?.runId ?? journal.header.id
    this.#empty = { id, isDryRun, retries: 0, failed: [], planned: [] }
  }

  /** Undefined where no report is asked for. */
  static async create(
    invocation: Invocation,
    record: RunRecord,
    flags: ReportedFlags,
  ): Promise<ReportWriter | undefined> {
    if (flags.report.length === 0) return undefined
    const { input } = invocation
    const args = toReportedArgs(await parseWritten(record.argv, input), input, process.env)
    return new ReportWriter(invocation, args, record, flags)
  }

  watch(run: Run): void {
    this.#run = run
  }

  /** A report that cannot be written is said on stderr; it changes the exit code only of a run that did all. */
  async write({ exitCode, findings, reason, part }: RunEnd): Promise<void> {
    if (this.#isWritten) return
    this.#isWritten = true
    try {
      const { buildDocument } = await import('../report/document/build-document.js')
      const recording = this.#run?.recording() ?? new Recorder().recording()
      const document = buildDocument({
        ...this.#started,
        ...(this.#run && { concurrency: this.#run.concurrency }),
        run: this.#run?.report() ?? this.#empty,
        recording,
        findings,
        exitCode: exitCode as ExitCode,
        reason,
        experiment: await part?.(recording),
      })
      await writeReports(document, this.#files)
      if (!this.#isQuiet) sayOnStderr(formatNote(describeReports(this.#files)))
    } catch (error) {
      printError(describeError(error))
      if (exitCode === ExitCode.Done) process.exitCode = ExitCode.Partial
    }
  }
}

/** Where a report is now. */
export function describeReports(files: readonly ReportFile[]): string {
  return `The report is in ${listInWords(files.map(({ path }) => path))}.`
}

import { Args } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { mergeReports } from '../../lib/cli/merge-reports.js'
import { describeReports } from '../../lib/cli/report-writer.js'
import { reportFlag } from '../../lib/cli/report-flag.js'
import type { RunDocument } from '../../lib/report/document/model.js'
import { formatMerged } from '../../lib/report/merged-text.js'

export default class ReportMerge extends BaseCommand {
  static override summary = 'Join the reports of the shards of a run into one.'

  static override description = `Takes the JSON reports that each shard wrote (--report FILE.json) and joins them as if they had been one run: counts are added up, histograms of times are joined exactly, and what happened at the same time is put together. All shards must be there, once each, and be of the same version, command, flags and seed; else nothing is written.

It asks no server for anything.

Exit codes: 0 all shards passed; 1 at least one did not; 2 the reports cannot be joined; 5 a defect of bailo-exp.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> shard-*.json --report run.html --report run.json',
    '<%= config.bin %> <%= command.id %> shard-1.json shard-2.json --json',
  ]

  static override args = {
    file: Args.string({ description: 'reports of all shards', multiple: true, required: true }),
  }

  static override flags = {
    report: reportFlag({ multiple: true, multipleNonGreedy: true, default: [] }),
  }

  async run(): Promise<RunDocument> {
    const { args, flags } = await this.parse(ReportMerge)
    const merged = await mergeReports(args.file, flags.report)
    if (flags.report.length > 0 && !flags.quiet) this.tell(describeReports(flags.report))
    this.log(formatMerged(merged))
    process.exitCode = merged.verdict.exitCode === 0 ? 0 : 1
    return merged
  }
}

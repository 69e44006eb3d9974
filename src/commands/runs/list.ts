import { BaseCommand } from '../../lib/cli/base-command.js'
import { stateDirFlag } from '../../lib/cli/flags.js'
import { listKnownRuns } from '../../lib/cli/known-runs.js'
import { formatRuns } from '../../lib/report/runs-text.js'
import type { RunSummary } from '../../lib/run/journal/describe-run.js'

export default class RunsList extends BaseCommand {
  static override summary = 'List the runs that made something.'

  static override description = `The latest first, each with its state: running, done, findings (its check found something), incomplete (a part was not made), broken off (its process ended before it), cleaned up. "made" counts what it made and cleanup has not removed. A run that made nothing leaves no journal, and is not listed.`

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  static override flags = { 'state-dir': stateDirFlag }

  async run(): Promise<RunSummary[]> {
    const { flags } = await this.parse(RunsList)
    const runs = await listKnownRuns(flags)
    this.log(formatRuns(runs))
    return runs
  }
}

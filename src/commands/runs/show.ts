import { Args } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { stateDirFlag } from '../../lib/cli/flags.js'
import { showKnownRun } from '../../lib/cli/known-runs.js'
import { formatRun } from '../../lib/report/runs-text.js'
import type { RunDetails } from '../../lib/run/journal/describe-run.js'

export default class RunsShow extends BaseCommand {
  static override summary = 'Show what is recorded of a run: its flags, what it made, and what failed.'

  static override examples = [
    '<%= config.bin %> <%= command.id %> last',
    '<%= config.bin %> <%= command.id %> k3f9x2ab --json',
  ]

  static override args = { run: Args.string({ description: "the run's id, or last", required: true }) }

  static override flags = { 'state-dir': stateDirFlag }

  async run(): Promise<RunDetails> {
    const { args, flags } = await this.parse(RunsShow)
    const run = await showKnownRun(args.run, this.config.bin, flags)
    this.log(formatRun(run))
    return run
  }
}

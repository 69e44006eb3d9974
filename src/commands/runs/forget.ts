import { Args } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { stateDirFlag } from '../../lib/cli/flags.js'
import { forgetKnownRuns } from '../../lib/cli/known-runs.js'

export default class RunsForget extends BaseCommand {
  static override summary = 'Remove the journals of runs; what these made stays where it is.'

  static override description = `A run whose journal is gone can neither be continued nor cleaned up. To remove what it made, run cleanup first.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> k3f9x2ab',
    '<%= config.bin %> <%= command.id %> last --state-dir ./runs',
  ]

  static override args = {
    run: Args.string({ description: "the run's id, or last; several are possible", required: true }),
  }

  static override strict = false

  static override flags = { 'state-dir': stateDirFlag }

  async run(): Promise<{ forgotten: string[] }> {
    const { argv, flags } = await this.parse(RunsForget)
    const forgotten = await forgetKnownRuns(argv as string[], flags)
    this.log(`Forgotten: ${forgotten.join(', ')}`)
    return { forgotten }
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.js'
import { runCleanup } from '../lib/cli/run-cleanup.js'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { connectionFlags, stateDirFlag } from '../lib/cli/flags.js'
import type { CleanupResult } from '../lib/experiments/cleanup/index.js'
import { formatCleanup } from '../lib/report/cleanup-text.js'

export default class Cleanup extends BaseCommand {
  static override summary = 'Remove from an instance what a run has made there.'

  static override description = `Removes what the journal of the run says it has made itself, newest first, and nothing else. What was changed since is kept, and so is what something that stays makes use of: a file that is in a release of somebody else, a model in which there is something that the run did not make. That is listed, with exit code 1.

It asks for the id of the run at a terminal; elsewhere it has to be given with --confirm. What is gone is noted in the journal: a second cleanup has nothing left to do. At the end the instance is read again.

A version whose release was removed can never be used again in its model: Bailo takes no version twice. Layers of removed images stay in the registry until its operators collect what nothing refers to.

The instance is that of the run's own settings, unless --env-file or --url names them anew. The token needs the rights of the run, and release:write, file:write, image:write and model:write to remove.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> last --dry-run',
    '<%= config.bin %> <%= command.id %> k3f9x2ab --confirm k3f9x2ab',
  ]

  static override args = {
    run: Args.string({ description: "the run's id, or last", required: true }),
  }

  static override flags = {
    confirm: Flags.string({ description: 'remove without asking: the id of the run once more', helpValue: 'RUN_ID' }),
    concurrency: Flags.integer({
      description: 'how many things are removed at the same time',
      helpValue: 'N',
      default: 4,
      min: 1,
      max: 256,
    }),
    'dry-run': Flags.boolean({ description: 'list what would be removed, and change nothing', default: false }),
    'state-dir': stateDirFlag,
    ...connectionFlags,
  }

  async run(): Promise<CleanupResult> {
    const { args, flags } = await this.parse(Cleanup)
    const { result, exitCode } = await runCleanup(args.run, flags, {
      isJson: this.jsonEnabled(),
      version: this.config.version,
    })
    process.exitCode = exitCode
    // The question has shown what there is to say of a cleanup that was refused.
    if (result.confirmation !== 'refused') this.log(formatCleanup(result))
    return result
  }
}

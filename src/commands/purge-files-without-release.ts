import { Flags } from '@oclif/core'
import { confirmName, isAtTerminal } from '../lib/cli/confirm-name.js'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, durationFlag, experimentFlags } from '../lib/cli/flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import type { Extent } from '../lib/cli/print-shortfall.js'
import {
  purgeFilesWithoutRelease,
  type PurgeFilesWithoutReleaseResult,
} from '../lib/experiments/purge-files-without-release/index.js'
import type { Orphan } from '../lib/experiments/purge-files-without-release/orphans.js'
import { formatOrphans, formatPurgeFilesWithoutRelease } from '../lib/report/purge-files-without-release-text.js'

export default class PurgeFilesWithoutRelease extends ExperimentCommand {
  static override summary = "List a model's files that are in no release, and delete them once confirmed."

  static override description = `Without --confirm it only lists, with exit code 0 whatever is found; at a terminal it then asks for the model's id. With --dry-run it neither deletes nor asks. A question that is not answered with the id deletes nothing and ends with exit code 1.

Drafts are releases like others: their files stay. The releases are read again just before the first deletion, and then every two seconds, so that a file which was put into a release meanwhile survives and is reported as kept. Bailo cannot delete a file on the condition that it is in no release: one that is put into a release within these two seconds (twice the time that reading takes, where that is more) before its deletion is lost. So let nobody make releases meanwhile, or leave what is young with --older-than.

The age of a file is the time since its last change, by the clock of this machine. Uploads in parts that never finished are listed apart, and deleted only with --incomplete; one that is still under way looks the same.

The model is --model or PURGE_ORPHANED_FILES_MODEL_ID, and is never created. The token needs model:read, file:read and release:read, and file:write and release:write to delete.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd',
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --older-than 7d --confirm my-model-ab12cd',
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --incomplete --older-than 1d --dry-run',
  ]

  static override flags = {
    confirm: Flags.string({ description: 'delete: the id of the model once more', helpValue: 'MODEL_ID' }),
    incomplete: Flags.boolean({ description: 'also delete uploads that never finished', default: false }),
    'older-than': durationFlag({ description: 'leave files that changed less than so long ago' }),
    model: Flags.string({
      description: 'model to look at [default: PURGE_ORPHANED_FILES_MODEL_ID]',
      helpGroup: 'CONNECTION',
      helpValue: 'MODEL_ID',
    }),
    ...experimentFlags,
    ...connectionFlags,
  }

  async run(): Promise<PurgeFilesWithoutReleaseResult> {
    const { flags } = await this.parse(PurgeFilesWithoutRelease)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        purgeFilesWithoutRelease(context, {
          settings,
          modelId: flags.model,
          confirm: flags.confirm,
          ask: isAtTerminal() && !this.jsonEnabled() ? ask : undefined,
          olderThanMs: flags['older-than'],
          withIncomplete: flags.incomplete,
          seed: flags.seed,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatPurgeFilesWithoutRelease,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
        extent: ({ confirmation, target }) =>
          confirmation === 'refused' ? refusalOf(target.modelId) : { message: 'Not as asked for', tryNext: [] },
      },
    )
  }
}

function refusalOf(modelId: string): Extent {
  return {
    message: 'Nothing was deleted',
    preposition: 'from',
    tryNext: [`--confirm ${modelId}, which deletes without asking`, '--dry-run, which lists without asking'],
  }
}

function ask(modelId: string, orphans: readonly Orphan[]): Promise<boolean> {
  const question = `Type ${modelId} to delete what is listed, or anything else to leave it: `
  return confirmName(`${formatOrphans(orphans)}\n\n${question}`, modelId, refusalOf(modelId))
}

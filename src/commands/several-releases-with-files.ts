import { Flags } from '@oclif/core'
import { bumpFlag } from '../lib/cli/bump-flag.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, experimentFlags, modelFlag } from '../lib/cli/flags.js'
import { releasesWithFilesHelp } from '../lib/cli/releases-with-files-help.js'
import { readUploadFlags, uploadFlags } from '../lib/cli/upload-flags.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import {
  MAX_COUNT_EXPONENT,
  severalReleasesWithFiles,
  type SeveralReleasesWithFilesResult,
} from '../lib/experiments/several-releases-with-files.js'
import { formatReleasesWithFiles } from '../lib/report/releases-with-files-text.js'

export default class SeveralReleasesWithFiles extends ExperimentCommand {
  static override summary = 'Make releases of 1, 2, 4, 8, 16 files that have the same size together.'

  static override description = `For each total size there are releases of 1, 2, 4 ... 2^(c - 1) files of equal size, each with files of its own, with c from --max-count-exponent. The total sizes are 1 MiB, 10 MiB ... 10^(s - 1) MiB, with s from --max-size-exponent. Every file has exactly the same share of the total, so that only the number of files makes a difference. The default makes 31 files of 5 MiB together in 5 releases.

${releasesWithFilesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --max-size-exponent 2',
    '<%= config.bin %> <%= command.id %> --max-count-exponent 8 --max-size-exponent 3 --dry-run',
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --bump major',
  ]

  static override flags = {
    'max-count-exponent': Flags.integer({
      description: 'releases per total size: with 1, 2, 4 ... files, this many',
      helpValue: 'N',
      default: 5,
      min: 1,
      max: MAX_COUNT_EXPONENT,
    }),
    'max-size-exponent': Flags.integer({
      description: 'total sizes: 1 MiB, 10 MiB, 100 MiB ..., this many',
      helpValue: 'N',
      default: 1,
      min: 1,
    }),
    bump: bumpFlag,
    ...uploadFlags,
    ...experimentFlags,
    ...shardFlags,
    model: modelFlag('SEVERAL_RELEASES_WITH_FILES_MODEL_ID'),
    ...connectionFlags,
  }

  async run(): Promise<SeveralReleasesWithFilesResult> {
    const { flags } = await this.parse(SeveralReleasesWithFiles)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        severalReleasesWithFiles(context, {
          settings,
          modelId: flags.model,
          maxCountExponent: flags['max-count-exponent'],
          maxSizeExponent: flags['max-size-exponent'],
          bump: flags.bump,
          keepGoing: flags['keep-going'],
          ...readUploadFlags(flags),
        }),
      {
        text: formatReleasesWithFiles,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
      },
    )
  }
}

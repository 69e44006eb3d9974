import { Flags } from '@oclif/core'
import { bumpFlag } from '../lib/cli/bump-flag.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, experimentFlags, modelFlag } from '../lib/cli/flags.js'
import { releasesWithFilesHelp } from '../lib/cli/releases-with-files-help.js'
import { readUploadFlags, uploadFlags } from '../lib/cli/upload-flags.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { manyReleasesWithFiles, type ManyReleasesWithFilesResult } from '../lib/experiments/many-releases-with-files.js'
import { formatReleasesWithFiles } from '../lib/report/releases-with-files-text.js'

export default class ManyReleasesWithFiles extends ExperimentCommand {
  static override summary = 'Make ever larger files, and releases with the first 0, 1, 2 ... of them.'

  static override description = `File i of n has floor(10^(e * i / n) + i) bytes, with n from --count and e from --max-size-exponent. Then n + 1 releases are made, one after the other: the first has no file, the last all of them. The default needs 45 GiB in the instance; --max-size-exponent 7 needs 64 MiB.

${releasesWithFilesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --max-size-exponent 7',
    '<%= config.bin %> <%= command.id %> --count 20 --max-size-exponent 6 --model my-model-ab12cd --bump patch',
    '<%= config.bin %> <%= command.id %> --fill zeros --multipart never --rate-limit 200MiB/s',
  ]

  static override flags = {
    count: Flags.integer({
      description: 'files to make; there is one release more',
      helpValue: 'N',
      default: 100,
      min: 1,
      max: 100_000,
    }),
    'max-size-exponent': Flags.integer({
      description: 'the last file has 10 to the power of this in bytes, and a few more',
      helpValue: 'N',
      default: 10,
      min: 0,
    }),
    bump: bumpFlag,
    ...uploadFlags,
    ...experimentFlags,
    ...shardFlags,
    model: modelFlag('MANY_RELEASES_WITH_FILES_MODEL_ID'),
    ...connectionFlags,
  }

  async run(): Promise<ManyReleasesWithFilesResult> {
    const { flags } = await this.parse(ManyReleasesWithFiles)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        manyReleasesWithFiles(context, {
          settings,
          modelId: flags.model,
          count: flags.count,
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

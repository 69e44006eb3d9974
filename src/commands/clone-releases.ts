import { Flags } from '@oclif/core'
import { bothEndsFlags, connectionFlags, experimentFlags } from '../lib/cli/flags.js'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadBothEnds } from '../lib/cli/load-both-ends.js'
import {
  cloneReleases,
  extentOf,
  findingsOf,
  type CloneReleasesResult,
} from '../lib/experiments/clone-releases/index.js'
import { formatCloneReleases } from '../lib/report/clone-releases-text.js'

export default class CloneReleases extends ExperimentCommand {
  static override summary = "Copy the skeleton of a model's releases to another model or instance."

  static override description = `Makes the same releases (semver, notes, minor and draft flags, in the order in which the source's were made) with the same file names and exact sizes, and the same images with the same number of layers and exactly the same layer sizes. Contents are synthetic: nothing of the source's files and layers is read.

Only what is missing is made, and nothing that exists is changed, so that the command can be run again after a failure. A file that several releases share is uploaded once, a layer that several images share is pushed once. At the end source and destination are compared; a difference gives exit code 1.

The source is --from, or a saved list of releases (--from-file), or CLONE_RELEASES_SOURCE_MODEL_ID or CLONE_RELEASES_ENDPOINT_DUMP. The destination is --to or CLONE_RELEASES_DESTINATION_MODEL_ID; without either a model is created and its id written to the dotenv file.

What it costs the server: one listing of releases on each side, one of files and images in the destination, one upload per distinct file, one request per release, and for an existing destination one request per missing release to find versions that were deleted there, which Bailo never takes again.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --from my-model-ab12cd --to my-copy-ef34gh',
    '<%= config.bin %> <%= command.id %> --from my-model-ab12cd --semver ">=2.0.0" --dry-run',
    '<%= config.bin %> <%= command.id %> --from my-model-ab12cd --from-env-file live.env --to-env-file test.env',
  ]

  static override flags = {
    from: Flags.string({ description: 'model to copy from', helpValue: 'MODEL_ID', exclusive: ['from-file'] }),
    to: Flags.string({ description: 'model to copy to', helpValue: 'MODEL_ID' }),
    'from-file': Flags.string({
      description: 'copy the releases in this file: a saved, possibly hand-edited answer of GET .../releases',
      helpValue: 'DUMP.json',
    }),
    'save-dump': Flags.string({ description: "save the source's list of releases", helpValue: 'FILE' }),
    semver: Flags.string({ description: 'copy only the versions in this range', helpValue: 'RANGE' }),
    files: Flags.boolean({ description: 'copy files', default: true, allowNo: true }),
    images: Flags.boolean({ description: 'copy images', default: true, allowNo: true }),
    fill: Flags.option({ options: ['noise', 'zeros'] as const })({
      description: 'contents of files and layers',
      default: 'noise',
    }),
    multipart: Flags.option({ options: ['auto', 'always', 'never'] as const })({
      description: 'whether files are uploaded in parts; auto: those of 64 MiB and more',
      default: 'auto',
    }),
    ...experimentFlags,
    ...shardFlags,
    ...connectionFlags,
    ...bothEndsFlags('destination'),
  }

  async run(): Promise<CloneReleasesResult> {
    const { flags } = await this.parse(CloneReleases)
    const ends = await loadBothEnds(flags)
    return this.runExperiment(
      flags,
      (context) =>
        cloneReleases(context, {
          ...ends,
          from: flags.from,
          to: flags.to,
          fromFile: flags['from-file'],
          saveDump: flags['save-dump'],
          semverRange: flags.semver,
          withFiles: flags.files,
          withImages: flags.images,
          fill: flags.fill,
          seed: flags.seed,
          multipart: flags.multipart,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatCloneReleases,
        findings: findingsOf,
        extent: extentOf,
        where: ({ destination }) => `${destination.modelId || 'a new model'} at ${destination.url}`,
        reportPart: async (result) =>
          (await import('../lib/report/document/experiments/clone-releases-part.js')).cloneReleasesPart(result),
      },
    )
  }
}

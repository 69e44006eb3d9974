import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, experimentFlags, modelFlag, sizeFlag } from '../lib/cli/flags.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { TAG_RULES } from '../lib/experiments/many-releases-with-existing-images/choose-tag.js'
import {
  EXISTING_IMAGES_MODEL_KEY,
  manyReleasesWithExistingImages,
  type ExistingImagesResult,
} from '../lib/experiments/many-releases-with-existing-images/index.js'
import { DEFAULT_IMAGE_SIZES } from '../lib/experiments/many-releases-with-existing-images/plan.js'
import { BUMPS } from '../lib/experiments/next-version.js'
import { formatExistingImages } from '../lib/report/many-releases-with-existing-images-text.js'

export default class ManyReleasesWithExistingImages extends ExperimentCommand {
  static override summary = "Group a model's images into releases of 1, 2, 3 ... images."

  static override description = `Takes the images of the model whose names are no<index>-<MiB>, such as no1-1024 and no2-2048, in the order of their index. The first release has the first image, the second the next two, and so on; the last may be short. Images with other names are left out and listed. A release of exactly the same images that is there already is not made again.

With --push N the images no1 to noN are made first where their index is missing: 1024 and 2048 MiB in turn, or the sizes of --image-size. With --shared-base they all have the same lowest layer, which is sent once and mounted elsewhere.

An image with several tags goes into its release with one of them. --tag first is the first in lexical order, in which registries list them. --tag newest is the one whose image was made last, as its config says, because neither Bailo nor the registry keeps a time for a tag; where the dates are equal or absent the names decide: latest, then the highest version, then the last in order. The result lists each choice.

The model is --model or ${EXISTING_IMAGES_MODEL_KEY}; with --push and without either a model is created and its id written to the dotenv file.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd',
    '<%= config.bin %> <%= command.id %> --push 10 --image-size 300MiB --shared-base 250MiB',
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --tag first --max-images-per-release 5 --dry-run',
  ]

  static override flags = {
    push: Flags.integer({
      description: 'how many images are to be there, made where missing',
      helpValue: 'N',
      default: 0,
      min: 0,
    }),
    'image-size': sizeFlag({
      description: 'size of pushed images, in whole MiB; several are used in turn [default: 1GiB and 2GiB]',
      multiple: true,
    }),
    'shared-base': sizeFlag({ description: 'size of a lowest layer that all pushed images share' }),
    tag: Flags.option({ options: TAG_RULES })({
      description: 'which tag of an image with several',
      default: 'newest',
    }),
    'max-images-per-release': Flags.integer({ description: 'where the groups stop growing', helpValue: 'N', min: 1 }),
    bump: Flags.option({ options: BUMPS })({
      description: 'which number of the version goes up from release to release',
      default: 'minor',
    }),
    fill: Flags.option({ options: ['noise', 'zeros'] as const })({
      description: 'contents of pushed layers',
      default: 'noise',
    }),
    model: modelFlag(EXISTING_IMAGES_MODEL_KEY),
    ...experimentFlags,
    ...shardFlags,
    ...connectionFlags,
  }

  async run(): Promise<ExistingImagesResult> {
    const { flags } = await this.parse(ManyReleasesWithExistingImages)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        manyReleasesWithExistingImages(context, {
          settings,
          modelId: flags.model,
          pushCount: flags.push,
          imageSizes: flags['image-size'] ?? DEFAULT_IMAGE_SIZES,
          sharedBaseBytes: flags['shared-base'],
          tagRule: flags.tag,
          maxImagesPerRelease: flags['max-images-per-release'],
          bump: flags.bump,
          seed: flags.seed,
          fill: flags.fill,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatExistingImages,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
      },
    )
  }
}

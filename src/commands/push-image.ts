import { Args, Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, experimentFlags, modelFlag, sizeFlag } from '../lib/cli/flags.js'
import { platformFlag } from '../lib/cli/platform-flag.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { PUSH_IMAGE_MODEL_KEY, pushImageExperiment, type PushImageResult } from '../lib/experiments/push-image.js'
import { MAX_LAYERS } from '../lib/registry/push-image.js'
import { parseImageName } from '../lib/registry/image-reference.js'
import { describePushImage, formatPushImage } from '../lib/report/push-image-text.js'

export default class PushImage extends ExperimentCommand {
  static override summary = 'Push one generated image of an exact size.'

  static override description = `The sizes of the layers add up to --size exactly, to the byte; with several platforms, for each of them. Layers are uncompressed tar archives with one file, so no container engine is needed. The digest is all there is on stdout; at the end the manifest and every layer are read back from the registry.

Bytes follow from seed, image, tag and size. An image that is there already with the same digest is not sent again; to know its digest, its bytes are made and hashed, which happens only where the tag is there with layers of the same sizes. A tag that names something else is left alone unless --overwrite is given.

With --shared-base the lowest layer is the one that all images of this seed and base size share, whatever their name. It is mounted from another image of the model that has it (the first 16 are asked), and sent otherwise.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> server:1.0.0 --size 1GiB --layers 4 --model my-model-ab12cd',
    '<%= config.bin %> <%= command.id %> server:2.0.0 --size 300MB --platform linux/amd64 --platform linux/arm64',
    'DIGEST=$(<%= config.bin %> <%= command.id %> team/trainer --size 5GiB --shared-base 4GiB --quiet)',
  ]

  static override args = {
    image: Args.string({
      description: 'NAME or NAME:TAG: name of the image within the model, and its tag (without one: latest)',
      default: 'generated',
    }),
  }

  static override flags = {
    size: sizeFlag({ description: 'sum of the sizes of the layers', default: 1024 ** 3 }),
    layers: Flags.integer({
      description: 'how many layers, the shared base included [default: 1, or 2 with a shared base]',
      helpValue: 'N',
      min: 1,
      max: MAX_LAYERS,
    }),
    'shared-base': sizeFlag({ description: 'size of a lowest layer that all images of this seed share' }),
    platform: platformFlag({
      description: 'what the image is for; several make an index [default: linux/amd64]',
      multiple: true,
    }),
    overwrite: Flags.boolean({ description: 'move a tag that names other content', default: false }),
    fill: Flags.option({ options: ['noise', 'zeros'] as const })({
      description: 'contents of the layers',
      default: 'noise',
    }),
    model: modelFlag(PUSH_IMAGE_MODEL_KEY),
    ...experimentFlags,
    ...connectionFlags,
  }

  async run(): Promise<PushImageResult> {
    const { args, flags } = await this.parse(PushImage)
    const image = parseImageName(args.image)
    const settings = await loadFlagSettings(flags)
    const result = await this.runExperiment(
      flags,
      (context) =>
        pushImageExperiment(context, {
          ...image,
          settings,
          modelId: flags.model,
          sizeBytes: flags.size,
          layerCount: flags.layers,
          sharedBaseBytes: flags['shared-base'],
          platforms: flags.platform,
          overwrite: flags.overwrite,
          seed: flags.seed,
          fill: flags.fill,
        }),
      {
        text: formatPushImage,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
      },
    )
    if (!flags.quiet && !flags['dry-run'] && !result.image.wasThere) this.tell(`${describePushImage(result)}.`)
    return result
  }
}

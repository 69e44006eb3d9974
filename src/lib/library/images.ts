import type { Fill } from '../content/lazy-stream.js'
import { ExitCode, ExpectedError, UsageError } from '../errors.js'
import { pushGeneratedImage, type PushedImage } from '../experiments/push-image.js'
import { requireImageModel } from '../experiments/require-image-model.js'
import { parseImageName } from '../registry/image-reference.js'
import { parsePlatform, type Platform } from '../registry/image/platform.js'
import { partsOf, type Bailo } from './bailo.js'
import { toBytes, type Size } from './files.js'

export interface GeneratedImage {
  readonly modelId: string
  /** `name` or `group/name:tag` within the model; without a tag it is `latest`. */
  readonly image: string
  /** The sizes of the layers add up to this, for each platform. */
  readonly size: Size
  /** How many, the shared base included. Default: 1, or 2 with a shared base. */
  readonly layers?: number
  /** Size of a lowest layer that all images of a seed have in common. */
  readonly sharedBase?: Size
  /** Such as `linux/arm64`; several make an index. Default: linux/amd64. */
  readonly platforms?: readonly string[]
  /** Default: noise. */
  readonly fill?: Fill
  readonly seed?: string
  /** Whether a tag may be moved that names other content. Default: no. */
  readonly overwrite?: boolean
}

/**
 * Pushes one generated image of an exact size, and reads it back. No container engine is needed.
 *
 * @throws UsageError for an image that cannot be, or a tag that is taken; ResponseError and ConnectionError when the
 *   registry does not take it; ExpectedError when what is there afterwards is not what was sent
 */
export async function pushImage(bailo: Bailo, request: GeneratedImage): Promise<PushedImage> {
  const { createContext, instance, seed } = partsOf(bailo)
  const { modelId, layers, sharedBase, platforms } = request
  const name = parseImageName(request.image)
  await requireImageModel(instance, modelId)
  const { image, findings } = await pushGeneratedImage(
    createContext(),
    instance,
    { modelId, isNew: false },
    {
      ...name,
      sizeBytes: toBytes(request.size),
      layerCount: layers,
      sharedBaseBytes: sharedBase === undefined ? undefined : toBytes(sharedBase),
      platforms: platforms?.map(toPlatform),
      seed: request.seed ?? seed,
      fill: request.fill ?? 'noise',
      overwrite: request.overwrite ?? false,
    },
  )
  const [finding] = findings
  if (finding === undefined) return image
  throw new ExpectedError(`The ${finding.subject} ${finding.message}.`, { exitCode: ExitCode.Findings })
}

function toPlatform(text: string): Platform {
  const platform = parsePlatform(text)
  if (platform !== undefined) return platform
  throw new UsageError(`${JSON.stringify(text)} is not a platform.`, ['for example linux/amd64, or linux/arm64/v8'])
}

import { UsageError } from '../errors.js'
import type { Fill } from '../content/lazy-stream.js'
import type { RegistryClient } from './client.js'
import { computeLayer, encodeImage } from './image-assembly.js'
import type { ImageName } from './image-reference.js'
import type { Platform } from './image/platform.js'
import { describePlatform, readImageSkeleton, type ImageSkeleton, type LayerSkeleton } from './image-skeleton.js'

/** Engines cannot run images with more layers: that many overlays are all that the kernel stacks. */
export const MAX_LAYERS = 127

/** A generated image as it is asked for. */
export interface ImageRequest extends ImageName {
  /** The sizes of the layers add up to this, for each platform. */
  readonly sizeBytes: number
  /** With the shared base. Default: one, or two with a shared base. */
  readonly layerCount?: number | undefined
  /** Size of the lowest layer when it is the one that all images of a seed share, whatever their name. */
  readonly sharedBaseBytes?: number | undefined
  /** Default: linux/amd64. Several make an index, with an image of this size for each. */
  readonly platforms?: readonly Platform[] | undefined
}

/**
 * Plans an image of an exact size. Layers are as even as they can be; each has a name of its own, from which its bytes
 * follow. Only a shared base is the same layer in several images, and for all platforms of one.
 *
 * @throws UsageError when there is no such image
 */
export function planImage(request: ImageRequest): ImageSkeleton {
  const { name, tag, sizeBytes, sharedBaseBytes, platforms = [] } = request
  const { layerCount = sharedBaseBytes === undefined ? 1 : 2 } = request
  const ownCount = sharedBaseBytes === undefined ? layerCount : layerCount - 1
  const ownBytes = sizeBytes - (sharedBaseBytes ?? 0)
  if (sharedBaseBytes !== undefined && ownCount < 1) {
    throw new UsageError('An image that shares its base has two layers or more: the base and its own.', ['--layers 2'])
  }
  if (ownBytes < ownCount) {
    const base = sharedBaseBytes === undefined ? '' : ` on top of a base of ${sharedBaseBytes}`
    throw new UsageError(`${sizeBytes} bytes are too few for ${ownCount} layers of a byte or more each${base}.`, [
      'a larger size, fewer layers, or a smaller base',
    ])
  }
  const names = platforms.map((platform) => describePlatform(platform) ?? '')
  const repeated = names.find((platform, index) => names.indexOf(platform) !== index)
  if (repeated !== undefined) {
    throw new UsageError(`The platform ${repeated} is given twice; an index names each once.`, [
      'leave one of them out',
    ])
  }
  const base: LayerSkeleton[] =
    sharedBaseBytes === undefined ? [] : [{ digest: 'shared base', sizeBytes: sharedBaseBytes }]
  const layersFor = (platform: Platform | undefined): LayerSkeleton[] => {
    const label = [`${name}:${tag}`, describePlatform(platform)].filter((part) => part !== undefined).join(' ')
    const own = splitSize(ownBytes, ownCount).map((size, index) => ({
      digest: `${label} layer ${index + 1} of ${ownCount}`,
      sizeBytes: size,
    }))
    return [...base, ...own]
  }
  if (platforms.length > 1) {
    const images = platforms.map((platform) => ({ platform, layers: layersFor(platform) }))
    return { isIndex: true, images, leftOut: [] }
  }
  const [platform] = platforms
  return { isIndex: false, images: [{ layers: layersFor(undefined), ...(platform && { platform }) }], leftOut: [] }
}

/** Cuts a size into parts that differ by a byte at most, the larger ones first. */
function splitSize(sizeBytes: number, count: number): number[] {
  const rest = sizeBytes % count
  return Array.from({ length: count }, (_, index) => (sizeBytes - rest) / count + (index < rest ? 1 : 0))
}

/** The distinct layers of an image; those that several platforms share once. */
export function distinctLayers(skeleton: ImageSkeleton): LayerSkeleton[] {
  const layers = skeleton.images.flatMap((image) => image.layers)
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()]
}

export interface PlannedImage {
  readonly repository: string
  readonly tag: string
  readonly skeleton: ImageSkeleton
  readonly seed: string
  readonly fill: Fill
}

/**
 * Computes the digest that the tag of a planned image would name, without sending anything. All its bytes are made and
 * hashed for that.
 *
 * @throws the signal's reason when it is aborted
 */
export async function computeImageDigest(image: PlannedImage, signal?: AbortSignal): Promise<string> {
  const { seed, fill, skeleton } = image
  const computed = new Map<string, Awaited<ReturnType<typeof computeLayer>>>()
  for (const { digest: name, sizeBytes } of distinctLayers(skeleton)) {
    computed.set(name, await computeLayer({ sizeBytes, seed, name, fill }, signal))
  }
  const layerOf = ({ digest: name }: LayerSkeleton) => {
    const layer = computed.get(name)
    if (layer === undefined) throw new TypeError(`the layer ${name} was not computed`)
    return layer
  }
  return encodeImage({ ...image, layerOf }).top.digest
}

/** Whether two images have the same numbers of layers of the same sizes. */
export function haveSameSizes(one: ImageSkeleton, other: ImageSkeleton): boolean {
  const sizesOf = ({ images }: ImageSkeleton) => images.map(({ layers }) => layers.map((layer) => layer.sizeBytes))
  return JSON.stringify(sizesOf(one)) === JSON.stringify(sizesOf(other))
}

/**
 * Reads an image back: its tag, its manifests, and of each layer whether the registry has it and in what size.
 *
 * @returns what is not as it should be, without a subject; nothing when all is
 */
export async function verifyImage(
  client: RegistryClient,
  repository: string,
  tag: string,
  expected: { readonly digest: string; readonly sizeBytes: number },
): Promise<string[]> {
  const top = await client.findManifest(repository, tag)
  if (top === undefined) return ['is not there']
  if (top.digest !== expected.digest) return [`is ${top.digest}, not ${expected.digest}`]
  const skeleton = await readImageSkeleton(client, repository, tag)
  const wrongTotals = skeleton.images.flatMap(({ layers, platform }) => {
    const total = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0)
    const where = describePlatform(platform)
    return total === expected.sizeBytes
      ? []
      : [`has ${total} bytes${where === undefined ? '' : ` for ${where}`}, not ${expected.sizeBytes}`]
  })
  const wrongLayers: string[] = []
  for (const { digest, sizeBytes } of distinctLayers(skeleton)) {
    const storedBytes = await client.findBlob(repository, digest)
    if (storedBytes !== sizeBytes) {
      wrongLayers.push(`lacks the layer ${digest} of ${sizeBytes} bytes (the registry has ${storedBytes ?? 'none'})`)
    }
  }
  return [...wrongTotals, ...wrongLayers]
}

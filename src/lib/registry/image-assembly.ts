import type { BlobTransfer } from './blob-upload.js'
import type { RegistryClient } from './client.js'
import { createConfig } from './image/config.js'
import { createLayer, type LayerOptions } from './image/layer.js'
import { createIndex, createManifest, type Descriptor, type EncodedManifest } from './image/manifest.js'
import type { ImageSkeleton, LayerSkeleton, PlatformImage } from './image-skeleton.js'

/** A layer that the repository has. */
export interface StoredLayer extends Descriptor {
  /** The digest of the uncompressed layer. */
  readonly diffId: string
}

/**
 * Streams a synthetic layer of an exact size into a repository.
 *
 * @throws RangeError when the size is none; ResponseError and ConnectionError when the registry does not take it
 */
export async function storeLayer(
  client: RegistryClient,
  repository: string,
  content: LayerOptions,
  transfer: Pick<BlobTransfer, 'onBytes' | 'signal'> = {},
): Promise<StoredLayer> {
  const { source, mediaType, diffId } = createLayer(content)
  const digest = await client.pushBlob({ repository, source, ...transfer })
  return { mediaType, digest, size: content.sizeBytes, diffId: diffId === 'same-as-digest' ? digest : diffId }
}

export interface AssemblyOptions {
  readonly repository: string
  readonly tag: string
  readonly skeleton: ImageSkeleton
  readonly seed: string
  /** Finds the stored layer for one of the skeleton's. */
  readonly layerOf: (layer: LayerSkeleton) => StoredLayer
}

/**
 * Stores configs, manifests and, for an index, the index that make an image out of layers which are in the repository
 * already. The tag is set last, so that it never names half an image.
 *
 * @returns the digest that the tag names
 */
export async function assembleImage(client: RegistryClient, options: AssemblyOptions): Promise<string> {
  const { repository, tag, skeleton } = options
  const manifests: EncodedManifest[] = []
  for (const image of skeleton.images) {
    const manifest = await createImageManifest(client, options, image)
    manifests.push(manifest)
    if (skeleton.isIndex) await client.putManifest(repository, manifest.digest, manifest)
  }
  const top = skeleton.isIndex ? createImageIndex(skeleton, manifests) : manifests[0]
  if (top === undefined) throw new TypeError('an image without a manifest')
  await client.putManifest(repository, tag, top)
  return top.digest
}

async function createImageManifest(
  client: RegistryClient,
  { repository, tag, seed, layerOf }: AssemblyOptions,
  image: PlatformImage,
): Promise<EncodedManifest> {
  const layers = image.layers.map(layerOf)
  const config = createConfig({
    // An image outside an index has no platform in its manifest; this is what most are.
    platform: image.platform ?? { architecture: 'amd64', os: 'linux' },
    diffIds: layers.map((layer) => layer.diffId),
    seed,
    name: `${repository}:${tag}`,
  })
  const digest = await client.pushBytes(repository, config)
  return createManifest({ config: { digest, size: config.length }, layers })
}

function createImageIndex(skeleton: ImageSkeleton, manifests: readonly EncodedManifest[]): EncodedManifest {
  return createIndex({
    manifests: manifests.map(({ mediaType, digest, sizeBytes }, position) => {
      const platform = skeleton.images[position]?.platform
      return { mediaType, digest, size: sizeBytes, ...(platform && { platform }) }
    }),
  })
}

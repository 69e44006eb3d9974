import type { BlobTransfer } from './blob-upload.js'
import type { RegistryClient } from './client.js'
import { createConfig } from './image/config.js'
import { computeDigest } from './image/digest.js'
import { createLayer, type LayerOptions } from './image/layer.js'
import { createIndex, createManifest, type Descriptor, type EncodedManifest } from './image/manifest.js'
import type { ImageSkeleton, LayerSkeleton, PlatformImage } from './image-skeleton.js'
import { digestLayer, hasOwnThread } from './layer-digest.js'

/** A layer that the repository has. */
export interface StoredLayer extends Descriptor {
  /** The digest of the uncompressed layer. */
  readonly diffId: string
}

/**
 * Computes what {@link storeLayer} would store, without sending it. That takes as long as reading the layer's bytes once.
 *
 * @throws RangeError when the size is none; the signal's reason when it is aborted
 */
export async function computeLayer(content: LayerOptions, signal?: AbortSignal): Promise<StoredLayer> {
  const { mediaType, diffId } = createLayer(content)
  const digest = await digestLayer(content, signal)
  return { mediaType, digest, size: content.sizeBytes, diffId: diffId === 'same-as-digest' ? digest : diffId }
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
  transfer: Pick<BlobTransfer, 'begun' | 'onBegun' | 'onBytes' | 'signal'> = {},
): Promise<StoredLayer> {
  const { source, mediaType, diffId } = createLayer(content)
  const stop = new AbortController()
  const signal = transfer.signal ? AbortSignal.any([transfer.signal, stop.signal]) : stop.signal
  // A layer that is not worth a thread is hashed as it is sent.
  const known = hasOwnThread(content) ? digestLayer(content, signal) : undefined
  try {
    const digest = await client.pushBlob({ repository, source, ...transfer, digest: known })
    return { mediaType, digest, size: content.sizeBytes, diffId: diffId === 'same-as-digest' ? digest : diffId }
  } finally {
    stop.abort()
  }
}

export interface AssemblyOptions {
  readonly repository: string
  readonly tag: string
  readonly skeleton: ImageSkeleton
  readonly seed: string
  /** Finds the stored layer for one of the skeleton's. */
  readonly layerOf: (layer: LayerSkeleton) => StoredLayer
}

/** An image as it is pushed, without its layers: its parts follow from the layers and have no other content. */
export interface EncodedImage {
  readonly images: readonly { readonly config: Uint8Array; readonly manifest: EncodedManifest }[]
  /** What the tag names: the index, or the only manifest. */
  readonly top: EncodedManifest
}

/** Makes configs, manifests and, for an index, the index out of layers. Equal options give equal bytes and digests. */
export function encodeImage(options: AssemblyOptions): EncodedImage {
  const { skeleton } = options
  const images = skeleton.images.map((image) => encodePlatformImage(options, image))
  const manifests = images.map(({ manifest }) => manifest)
  const top = skeleton.isIndex ? createImageIndex(skeleton, manifests) : manifests[0]
  if (top === undefined) throw new TypeError('an image without a manifest')
  return { images, top }
}

/**
 * Stores configs, manifests and, for an index, the index that make an image out of layers which are in the repository
 * already. The tag is set last, so that it never names half an image.
 *
 * @returns the digest that the tag names
 */
export async function assembleImage(client: RegistryClient, options: AssemblyOptions): Promise<string> {
  const { repository, tag, skeleton } = options
  const { images, top } = encodeImage(options)
  for (const { config, manifest } of images) {
    await client.pushBytes(repository, config)
    if (skeleton.isIndex) await client.putManifest(repository, manifest.digest, manifest)
  }
  await client.putManifest(repository, tag, top)
  return top.digest
}

function encodePlatformImage(
  { repository, tag, seed, layerOf }: AssemblyOptions,
  image: PlatformImage,
): EncodedImage['images'][number] {
  const layers = image.layers.map(layerOf)
  const config = createConfig({
    // An image outside an index has no platform in its manifest; this is what most are.
    platform: image.platform ?? { architecture: 'amd64', os: 'linux' },
    diffIds: layers.map((layer) => layer.diffId),
    seed,
    name: `${repository}:${tag}`,
  })
  const manifest = createManifest({ config: { digest: computeDigest(config), size: config.length }, layers })
  return { config, manifest }
}

function createImageIndex(skeleton: ImageSkeleton, manifests: readonly EncodedManifest[]): EncodedManifest {
  return createIndex({
    manifests: manifests.map(({ mediaType, digest, sizeBytes }, position) => {
      const platform = skeleton.images[position]?.platform
      return { mediaType, digest, size: sizeBytes, ...(platform && { platform }) }
    }),
  })
}

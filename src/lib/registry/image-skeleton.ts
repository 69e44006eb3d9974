import { showServerText } from '../http/server-text.js'
import type { RegistryClient } from './client.js'
import { ManifestError, parseManifest, type ParsedManifest } from './image/parse-manifest.js'
import type { Platform } from './image/platform.js'

export interface LayerSkeleton {
  /** For a layer that is still to be made, a name that no other layer has. */
  readonly digest: string
  readonly sizeBytes: number
}

/** One image for one platform; the platform is only known where an index names it. */
export interface PlatformImage {
  readonly platform?: Platform
  /** The lowest layer first. */
  readonly layers: readonly LayerSkeleton[]
}

/** What a copy of an image has in common with it: its platforms, the number of its layers and their exact sizes. */
export interface ImageSkeleton {
  /** An index of images, or a single image without one. */
  readonly isIndex: boolean
  readonly images: readonly PlatformImage[]
  /** What an index lists besides images, such as attestations of how they were built; a copy has none of it. */
  readonly leftOut: readonly string[]
}

/** An image as a registry has it. */
export interface StoredImage extends ImageSkeleton {
  /** Of the manifest or index that the tag names. */
  readonly digest: string
}

/**
 * Reads the skeleton of an image from its manifests. No layer is downloaded.
 *
 * @throws ManifestError when a manifest is not one, ResponseError when the registry has none or refuses it
 */
export async function readImageSkeleton(
  client: RegistryClient,
  repository: string,
  reference: string,
): Promise<StoredImage> {
  const { digest, ...top } = await readManifest(client, repository, reference)
  if (top.kind === 'manifest') {
    return { digest, isIndex: false, images: [{ layers: toLayerSkeletons(top) }], leftOut: [] }
  }
  const images: PlatformImage[] = []
  const leftOut: string[] = []
  for (const entry of top.manifests) {
    if (entry.isAttestation) {
      leftOut.push(`attestation ${entry.digest}`)
      continue
    }
    const image = await readManifest(client, repository, entry.digest)
    if (image.kind === 'index') throw new ManifestError(`${entry.digest} is an index within an index.`)
    images.push({ layers: toLayerSkeletons(image), ...(entry.platform && { platform: entry.platform }) })
  }
  return { digest, isIndex: true, images, leftOut }
}

function toLayerSkeletons({ layers }: ParsedManifest): LayerSkeleton[] {
  return layers.map(({ digest, sizeBytes }) => ({ digest, sizeBytes }))
}

async function readManifest(client: RegistryClient, repository: string, reference: string) {
  const { bytes, contentType, digest } = await client.getManifest(repository, reference)
  return { ...parseManifest(bytes, contentType), digest }
}

/** Where two images differ in what a copy keeps, one sentence each; nothing when they are alike. */
export function compareSkeletons(source: ImageSkeleton, copy: ImageSkeleton): string[] {
  if (source.isIndex !== copy.isIndex) {
    return [`the source is ${describeForm(source)}, the copy ${describeForm(copy)}`]
  }
  if (source.images.length !== copy.images.length) {
    return [`the source has ${source.images.length} platforms, the copy ${copy.images.length}`]
  }
  return source.images.flatMap((image, index) => comparePlatformImages(image, copy.images[index]))
}

function comparePlatformImages(source: PlatformImage, copy: PlatformImage | undefined): string[] {
  const platform = describePlatform(source.platform)
  const where = platform === undefined ? '' : `${platform}: `
  if (describePlatform(copy?.platform) !== platform) {
    return [`${where}the copy has ${describePlatform(copy?.platform) ?? 'no platform'} in this place`]
  }
  const sourceSizes = source.layers.map((layer) => layer.sizeBytes)
  const copySizes = copy?.layers.map((layer) => layer.sizeBytes) ?? []
  if (sourceSizes.length !== copySizes.length) {
    return [`${where}the source has ${sourceSizes.length} layers, the copy ${copySizes.length}`]
  }
  return sourceSizes.flatMap((sizeBytes, index) =>
    sizeBytes === copySizes[index]
      ? []
      : [`${where}layer ${index + 1} has ${sizeBytes} bytes in the source, ${copySizes[index]} in the copy`],
  )
}

function describeForm(skeleton: ImageSkeleton): string {
  return skeleton.isIndex ? `an index of ${skeleton.images.length} platforms` : 'a single image'
}

/** A platform as `linux/arm64/v8`, safe to print: it is what someone wrote into a manifest. */
export function describePlatform(platform: Platform | undefined): string | undefined {
  if (platform === undefined) return undefined
  const { os, architecture, variant, 'os.version': osVersion } = platform
  return showServerText([os, architecture, variant, osVersion].filter((part) => part !== undefined).join('/'))
}

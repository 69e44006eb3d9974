import { computeDigest, type Sha256Digest } from './digest.js'
import { MediaType } from './media-types.js'
import { pickPlatform, type Platform } from './platform.js'

/** A reference to a blob or manifest, under the names it has on the wire (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export interface PlatformDescriptor extends Descriptor {
  readonly platform?: Platform
}

export interface ManifestOptions {
  readonly config: Omit<Descriptor, 'mediaType'>
  readonly layers: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** A manifest or index as it is pushed: these bytes have this digest. */
export interface EncodedManifest {
  readonly bytes: Uint8Array
  readonly digest: Sha256Digest
  readonly mediaType: string
  readonly sizeBytes: number
}

/** Returns the manifest of one image (OCI image-spec, manifest.md). Equal options give equal bytes. */
export function createManifest({ config, layers, annotations }: ManifestOptions): EncodedManifest {
  return encode(MediaType.Manifest, {
    config: pickDescriptor({ ...config, mediaType: MediaType.Config }),
    layers: layers.map(pickDescriptor),
    ...(annotations && { annotations: sortKeys(annotations) }),
  })
}

/** Returns an index of the manifests of one image for several platforms (OCI image-spec, image-index.md). */
export function createIndex({ manifests }: { readonly manifests: readonly PlatformDescriptor[] }): EncodedManifest {
  return encode(MediaType.Index, {
    manifests: manifests.map((manifest) => ({
      ...pickDescriptor(manifest),
      ...(manifest.platform && { platform: pickPlatform(manifest.platform) }),
    })),
  })
}

function encode(mediaType: string, content: object): EncodedManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }))
  return { bytes, digest: computeDigest(bytes), mediaType, sizeBytes: bytes.length }
}

function pickDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

function sortKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Media types that this tool writes (OCI image-spec, media-types.md; RFC 2046 for opaque bytes). */
export const MediaType = {
  Manifest: 'application/vnd.oci.image.manifest.v1+json',
  Index: 'application/vnd.oci.image.index.v1+json',
  Config: 'application/vnd.oci.image.config.v1+json',
  LayerTar: 'application/vnd.oci.image.layer.v1.tar',
  LayerTarGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  Opaque: 'application/octet-stream',
} as const

const MANIFEST_TYPES: readonly string[] = [MediaType.Manifest, 'application/vnd.docker.distribution.manifest.v2+json']
const INDEX_TYPES: readonly string[] = [MediaType.Index, 'application/vnd.docker.distribution.manifest.list.v2+json']

/** All media types that {@link parseManifest} reads: what the Accept header of a manifest request lists. */
export const READABLE_MANIFEST_TYPES: readonly string[] = [...MANIFEST_TYPES, ...INDEX_TYPES]

/** Returns whether the media type is that of the manifest of one image (OCI, or Docker version 2 schema 2). */
export function isManifestMediaType(mediaType: string): boolean {
  return MANIFEST_TYPES.includes(mediaType)
}

/** Returns whether the media type is that of a list of manifests (an OCI index, or a Docker manifest list). */
export function isIndexMediaType(mediaType: string): boolean {
  return INDEX_TYPES.includes(mediaType)
}

import { Readable } from 'node:stream'
import { CONTENT_DIRECTORY, METADATA_FILE, type ArchiveMetadata } from './transfer-documents.js'
import type { ArchiveContent, ArchiveEntry } from './transfer-archive.js'
import type { SandboxParts } from './parts.js'
import type { Manifest } from './registry/index.js'
import type { Entry } from './state.js'

/** What an archive with a file says of itself. */
export interface FileMetadata extends ArchiveMetadata {
  readonly fileId: string
}

/** What an archive with an image says of itself: blobs and manifests are the files that follow, in this order. */
export interface ImageMetadata extends ArchiveMetadata {
  readonly imageName: string
  readonly imageTag: string
  readonly blobs: readonly string[]
  /** Those of an index before the index. */
  readonly manifests: readonly { readonly mediaType: string; readonly isTagged: boolean }[]
}

type Listing = Generator<ArchiveEntry | ArchiveContent, void>

/** Lists what the archive of a file consists of. @throws RangeError for one without content */
export function* listFileContents({ blobs }: SandboxParts, entry: Entry, fileId: string, exporter: string): Listing {
  const content = entry.files.get(fileId)?.content
  if (content === undefined) throw new RangeError(`The file ${fileId} has no content`)
  const { blobKey, sizeBytes } = content
  yield { name: METADATA_FILE, document: { ...describe(entry, exporter, 'file'), fileId } satisfies FileMetadata }
  yield { name: `${CONTENT_DIRECTORY}/${fileId}`, sizeBytes, open: () => blobs.open(blobKey) }
}

/** Lists what the archive of an image consists of. @throws RangeError for an image that is not there as a whole */
export function* listImageContents(
  { images }: SandboxParts,
  entry: Entry,
  { repository, name, tag }: { readonly repository: string; readonly name: string; readonly tag: string },
  exporter: string,
): Listing {
  const path = `${repository}/${name}`
  const top = images.findManifest(path, tag)
  if (top === undefined) throw new RangeError(`There is no image ${path}:${tag}`)
  const children = top.kind === 'index' ? top.references : []
  const manifests = [...children.flatMap(({ digest }) => images.findManifest(path, digest) ?? []), top]
  const blobs = new Set(manifests.filter(({ kind }) => kind === 'image').flatMap(digestsOf))
  const metadata: ImageMetadata = {
    ...describe(entry, exporter, 'image'),
    imageName: name,
    imageTag: tag,
    blobs: [...blobs],
    manifests: manifests.map((manifest) => ({ mediaType: manifest.mediaType, isTagged: manifest === top })),
  }
  yield { name: METADATA_FILE, document: metadata }
  for (const [index, digest] of metadata.blobs.entries()) {
    const sizeBytes = images.findBlobSize(path, digest)
    if (sizeBytes === undefined) throw new RangeError(`${path} has no blob ${digest}`)
    const open = () => images.openBlob(digest, { start: 0, end: sizeBytes })
    yield { name: `${CONTENT_DIRECTORY}/blobs/${index}`, sizeBytes, open }
  }
  for (const [index, { bytes }] of manifests.entries()) {
    yield {
      name: `${CONTENT_DIRECTORY}/manifests/${index}`,
      sizeBytes: bytes.length,
      open: () => Readable.from([bytes]),
    }
  }
}

/** A layer with URLs is kept elsewhere on purpose (OCI image specification, "Descriptors"). */
function digestsOf({ references }: Manifest): string[] {
  return references.filter(({ urls = [] }) => urls.length === 0).map(({ digest }) => digest)
}

function describe({ model }: Entry, exporter: string, importKind: string): ArchiveMetadata {
  const mirroredModelId = model.settings.mirror?.destinationModelId ?? ''
  return { schemaVersion: 1, exporter, sourceModelId: model.id, mirroredModelId, importKind }
}

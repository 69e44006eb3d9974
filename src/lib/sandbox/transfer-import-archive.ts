import { requireAction } from './access.js'
import type { Principal } from './auth.js'
import { badRequest, BailoError, notFound } from './errors.js'
import type { SandboxParts } from './parts.js'
import { parseManifest } from './registry/index.js'
import type { Entry } from './state.js'
import { DocumentReader, type ArchivedFile, type ArchiveEntry } from './transfer-archive.js'
import type { FileMetadata, ImageMetadata } from './transfer-contents.js'
import { METADATA_FILE, type ArchiveMetadata } from './transfer-documents.js'
import { importDocuments } from './transfer-import.js'
import { noteContent } from './transfer-import-progress.js'
import { findMirror, ID, readDocument, shape, TEXT, TEXTS, unrecognised } from './transfer-reading.js'
import { storeContent } from './uploads.js'

const METADATA = { sourceModelId: TEXT, mirroredModelId: TEXT, importKind: TEXT }
const METADATA_SHAPE = shape(METADATA)
const FILE_SHAPE = shape({ ...METADATA, fileId: ID })
const MANIFESTS = { type: 'array', items: shape({ mediaType: TEXT, isTagged: { type: 'boolean' } }) }
const IMAGE_SHAPE = shape({ ...METADATA, imageName: TEXT, imageTag: TEXT, blobs: TEXTS, manifests: MANIFESTS })

export interface Imported {
  readonly mirroredModelId: string
  readonly sourceModelId: string
  /** Only of documents. */
  readonly modelCardVersions?: number[]
}

type Files = AsyncGenerator<ArchivedFile, void>

/**
 * Puts what an export consists of into the model that mirrors its source: its documents, or the bytes of a file or an image
 * that the documents have named.
 *
 * @throws BailoError when there is no such model, it mirrors another one, or something does not fit; other errors when it is
 *   no archive
 */
export async function importArchive(parts: SandboxParts, principal: Principal, files: Files): Promise<Imported> {
  const reader = new DocumentReader()
  const first = await readNext(files, reader)
  if (first?.name !== METADATA_FILE) {
    throw new BailoError(500, `Expected '${METADATA_FILE}' as first entry, found '${first?.name}'`)
  }
  const metadata = readDocument<ArchiveMetadata>(first, METADATA_SHAPE)
  const { sourceModelId, mirroredModelId } = metadata
  const entry = findMirror(parts.state, metadata)
  requireAction(principal, mirroredModelId, 'model:write')
  switch (metadata.importKind) {
    case 'documents': {
      const documents: ArchiveEntry[] = []
      for await (const file of files) documents.push(await reader.read(file))
      const modelCardVersions = await importDocuments(parts, principal, entry, sourceModelId, documents)
      return { mirroredModelId, sourceModelId, modelCardVersions }
    }
    case 'file':
      await importFile(parts, entry, readDocument<FileMetadata>(first, FILE_SHAPE), files)
      return { mirroredModelId, sourceModelId }
    case 'image':
      await importImage(parts, entry, readDocument<ImageMetadata>(first, IMAGE_SHAPE), files)
      return { mirroredModelId, sourceModelId }
    default:
      throw badRequest('Unrecognised import kind', { metadata })
  }
}

async function importFile(parts: SandboxParts, entry: Entry, { fileId }: FileMetadata, files: Files): Promise<void> {
  const file = entry.files.get(fileId)
  if (file === undefined) throw notFound('The requested file was not found.', { fileId })
  const { content } = await nextOf(files)
  const blob = await parts.blobs.write(content)
  const replaced = file.content?.blobKey
  await storeContent(parts, file, blob)
  if (replaced !== undefined) await parts.blobs.remove(replaced)
  noteContent(parts.state, entry, fileId)
}

/** What the bytes of blobs are is the sender's business: those of a sandbox need not have the digest that they stand for. */
async function importImage(
  { state, blobs: store, images }: SandboxParts,
  entry: Entry,
  { imageName, imageTag, blobs, manifests }: ImageMetadata,
  files: Files,
): Promise<void> {
  const repository = `${entry.model.id}/${imageName}`
  for (const digest of blobs) await images.putBlob(repository, digest, await store.write((await nextOf(files)).content))
  for (const { mediaType, isTagged } of manifests) {
    const chunks: Buffer[] = []
    for await (const chunk of (await nextOf(files)).content) chunks.push(chunk)
    images.putManifest(repository, parseManifest(Buffer.concat(chunks), mediaType), isTagged ? imageTag : undefined)
  }
  noteContent(state, entry, `${repository}:${imageTag}`)
}

async function nextOf(files: Files): Promise<ArchivedFile> {
  const next = await files.next()
  if (next.done === true) throw unrecognised()
  return next.value
}

async function readNext(files: Files, reader: DocumentReader): Promise<ArchiveEntry | undefined> {
  const next = await files.next()
  return next.done === true ? undefined : reader.read(next.value)
}

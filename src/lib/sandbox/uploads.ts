import { randomUUID } from 'node:crypto'
import { refuseMirror, requireAction } from './access.js'
import type { Principal } from './auth.js'
import type { StoredBlob } from './blob-store.js'
import { notFound, UnknownServerError } from './errors.js'
import type { SandboxParts } from './parts.js'
import { planScans } from './scan-plan.js'
import type { Entry, SandboxState, StoredFile } from './state.js'

export interface FileDetails {
  readonly name: string
  readonly mime?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/**
 * Makes a file that is not listed yet. Its name may hold anything, and is never used as a path.
 *
 * @throws BailoError 403, 400 for a mirrored model (from Bailo's source); UnknownServerError for an empty name (observed)
 */
export function newFile(state: SandboxState, principal: Principal, entry: Entry, details: FileDetails): StoredFile {
  const { name, mime = 'application/octet-stream', tags = [] } = details
  const modelId = entry.model.id
  const file: StoredFile = {
    ...state.newDocument(),
    modelId,
    name,
    mime,
    path: `beta/model/${modelId}/files/${randomUUID()}`,
    tags: normaliseFileTags(tags),
  }
  refuseMirror(entry, 'Cannot upload files to a mirrored model.')
  requireAction(principal, modelId, 'file:write', { fileId: file._id })
  checkFileName(name)
  return file
}

export function checkFileName(name: string): void {
  if (name === '') throw new UnknownServerError()
}

export function normaliseFileTags(tags: readonly string[]): string[] {
  return tags.map((tag) => tag.toLowerCase())
}

/**
 * Lists a file with its bytes.
 *
 * @throws BailoError 404 when its model went away while they were coming in
 */
export async function storeContent(
  { state, blobs, scanners }: SandboxParts,
  file: StoredFile,
  blob: StoredBlob,
): Promise<void> {
  const entry = state.entries.get(file.modelId)
  if (entry === undefined) {
    await blobs.remove(blob.key)
    throw notFound('The requested entry was not found.', { modelId: file.modelId })
  }
  file.content = { blobKey: blob.key, sizeBytes: blob.sizeBytes }
  if (scanners) file.scans = planScans(scanners, { artefactKind: 'file', name: file.name, sizeBytes: blob.sizeBytes })
  entry.files.set(file._id, file)
}

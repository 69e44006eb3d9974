import type { OpenUpload, StoredPart } from '../api/upload.js'
import { isRecord } from '../http/errors.js'

/** What the step of an upload notes of itself, so that another process can go on with it. */
export type UploadNote =
  /** Ids of files that were there before and could be taken for this one. */
  | { readonly others: readonly string[] }
  /** The server knows the upload in parts. */
  | { readonly begun: OpenUpload }
  | { readonly part: StoredPart }
  /** The server no longer knows that upload. */
  | { readonly isAbandoned: true }

export interface UploadNotes {
  readonly others: ReadonlySet<string>
  /** Absent while there is nothing to go on with. */
  readonly begun: { readonly upload: OpenUpload; readonly parts: readonly StoredPart[] } | undefined
}

/** Reads what an upload noted. Notes come from a file, and what is none of these is left out. */
export function readUploadNotes(notes: readonly unknown[]): UploadNotes {
  const others = new Set<string>()
  let upload: OpenUpload | undefined
  let parts: StoredPart[] = []
  for (const note of notes) {
    if (!isRecord(note)) continue
    if (Array.isArray(note['others'])) for (const id of note['others']) if (typeof id === 'string') others.add(id)
    const begun = toOpenUpload(note['begun'])
    if (begun !== undefined) [upload, parts] = [begun, []]
    if (note['isAbandoned'] === true) upload = undefined
    const part = toStoredPart(note['part'])
    if (part !== undefined) parts.push(part)
  }
  return { others, begun: upload && { upload, parts } }
}

function toOpenUpload(value: unknown): OpenUpload | undefined {
  if (!isRecord(value)) return undefined
  const { fileId, uploadId, partBytes } = value
  if (typeof fileId !== 'string' || typeof uploadId !== 'string' || !isCount(partBytes)) return undefined
  return { fileId, uploadId, partBytes }
}

function toStoredPart(value: unknown): StoredPart | undefined {
  if (!isRecord(value)) return undefined
  const { PartNumber, ETag } = value
  return isCount(PartNumber) && typeof ETag === 'string' ? { PartNumber, ETag } : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

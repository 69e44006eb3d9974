import type { FileEntry } from '../../api/answers.js'
import type { Finding } from '../result.js'

/** A file that an upload ended with. */
export interface UploadedFile {
  readonly fileId: string
  readonly name: string
}

/**
 * Compares what is listed with what was uploaded.
 *
 * @param sizeBytes of each file
 */
export function checkUploads(
  uploaded: readonly UploadedFile[],
  sizeBytes: number,
  listed: readonly FileEntry[],
): Finding[] {
  const byId = new Map(listed.map((file) => [file._id, file]))
  return uploaded.flatMap(({ fileId, name }): Finding[] => {
    const file = byId.get(fileId)
    const subject = `file ${name}`
    if (file === undefined) return [{ subject, message: 'is not listed although its upload succeeded' }]
    if (file.complete === false) return [{ subject, message: 'is listed as unfinished although its upload succeeded' }]
    if (file.name !== name) return [{ subject, message: `is listed under another name, ${JSON.stringify(file.name)}` }]
    if (file.size === sizeBytes) return []
    return [{ subject, message: `has ${file.size ?? 'unknown'} instead of ${sizeBytes} bytes` }]
  })
}

/** Counts the files of a run that are listed although their upload failed, whole or in part. */
export function countLeftovers(
  uploaded: readonly UploadedFile[],
  listed: readonly FileEntry[],
  isOwn: (name: string) => boolean,
): number {
  const ids = new Set(uploaded.map(({ fileId }) => fileId))
  return listed.filter(({ _id, name }) => isOwn(name) && !ids.has(_id)).length
}

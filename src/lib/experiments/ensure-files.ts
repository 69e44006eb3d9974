import type { FileEntry } from '../api/answers.js'
import type { MultipartMode } from '../api/upload.js'
import type { Fill } from '../content/lazy-stream.js'
import type { Pacer } from '../content/pacer.js'
import { syntheticSource } from '../content/sources.js'
import type { Run } from '../run/run.js'
import type { FileToUpload, FileUploads } from './file-uploads.js'

/** A file that an experiment needs. */
export interface PlannedFile {
  /** No two files of a plan have the same. */
  readonly name: string
  /** At least 1: Bailo refuses empty files. */
  readonly sizeBytes: number
  /** What the content and the step's name follow from, where the file's name is another one in each run. */
  readonly stableName?: string
}

/** What is in the files that are uploaded, and how they go up. */
export interface UploadSettings {
  readonly seed: string
  readonly fill: Fill
  readonly multipart: MultipartMode
  /** What keeps all uploads below a rate together; default: nothing does. */
  readonly pacer?: Pacer | undefined
}

/**
 * Finds planned files among those of a listing, by name and size; an upload that never finished is none.
 *
 * @returns ids by name
 */
export function findExistingFiles(
  planned: readonly PlannedFile[],
  listed: readonly FileEntry[],
): ReadonlyMap<string, string> {
  const wanted = new Map(planned.map(({ name, sizeBytes }) => [name, sizeBytes]))
  const found = new Map<string, string>()
  for (const { _id, name, size, complete } of listed) {
    if (complete === false || size === undefined || size !== wanted.get(name) || found.has(name)) continue
    found.set(name, _id)
  }
  return found
}

/**
 * Uploads the planned files that are not there, each as one step of the run.
 *
 * @param existing ids by name, see {@link findExistingFiles}
 * @returns the ids of all of them, in the order of the plan; one rejects where its upload fails
 */
export function ensureFiles(
  run: Run,
  uploads: FileUploads,
  files: readonly PlannedFile[],
  existing: ReadonlyMap<string, string>,
  settings: UploadSettings,
): Promise<string>[] {
  return files.map((file) => {
    const { name, stableName = name } = file
    // One that this run has begun is left to its step, which knows what has become of it.
    const id = run.recordOf('file', stableName) === undefined ? existing.get(name) : undefined
    return id === undefined ? uploads.upload(toUpload(file, settings)) : Promise.resolve(id)
  })
}

/** A planned file with its content. */
export function toUpload({ name, sizeBytes, stableName = name }: PlannedFile, settings: UploadSettings): FileToUpload {
  const { seed, fill, pacer } = settings
  return {
    stepName: stableName,
    name,
    planned: name,
    source: syntheticSource({ sizeBytes, fill, seed, name: stableName, pacer }),
  }
}

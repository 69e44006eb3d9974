import type { FileEntry } from '../api/answers.js'
import { listFiles } from '../api/files.js'
import type { Instance } from '../api/instance.js'
import { uploadFile, type MultipartMode } from '../api/upload.js'
import type { ByteSource } from '../content/byte-source.js'
import type { Run } from '../run/run.js'
import { readUploadNotes, type UploadNote } from './upload-notes.js'

export interface FileToUpload {
  /** Says which of the experiment's files it is, stable from run to run. */
  readonly stepName: string
  readonly name: string
  readonly mime?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly source: ByteSource
  /** Told how long the upload took that was needed in the end; not where an earlier attempt had made the file. */
  readonly onUploaded?: (latencyMs: number) => void
}

export interface FileUploadsOptions {
  readonly modelId: string
  readonly multipart?: MultipartMode
  /** The files of the model before the first upload, where they are known; otherwise they are listed. */
  readonly listed?: readonly FileEntry[]
}

/**
 * Uploads files to one model, each as one step of the run. Bailo gives no two files the same id and lets names repeat, so
 * that an upload whose answer was lost is recognised by its name and size among the files that were not there before it and
 * belong to no other step. An upload in parts is known by its id, and continued where it ended, also by another process.
 */
export class FileUploads {
  readonly #run: Run
  readonly #instance: Instance
  readonly #modelId: string
  readonly #multipart: MultipartMode | undefined
  #listed: Promise<readonly FileEntry[]> | undefined
  /** Ids of the files that steps of this run have. */
  readonly #claimed: Set<string>
  /** The last upload of each name and size. */
  readonly #twins = new Map<string, Promise<unknown>>()

  constructor(run: Run, instance: Instance, options: FileUploadsOptions) {
    this.#run = run
    this.#instance = instance
    this.#modelId = options.modelId
    this.#multipart = options.multipart
    this.#listed = options.listed && Promise.resolve(options.listed)
    this.#claimed = new Set(run.createdEarlier.flatMap((one) => (one.type === 'file' ? [one.fileId] : [])))
  }

  /**
   * Uploads a file.
   *
   * @returns its id; in a dry run a placeholder
   * @throws as {@link uploadFile} does
   */
  upload(file: FileToUpload): Promise<string> {
    // Two files of one name and size that are under way together could be taken for each other.
    const key = `${file.source.sizeBytes} ${file.name}`
    const before = this.#twins.get(key)
    const upload = before === undefined ? this.#step(file) : before.then(() => this.#step(file))
    this.#twins.set(
      key,
      upload.catch(() => undefined),
    )
    return upload
  }

  #step({ stepName, source, onUploaded, ...file }: FileToUpload): Promise<string> {
    const modelId = this.#modelId
    const { sizeBytes } = source
    const describeCreated = (fileId: string) =>
      ({ type: 'file', origin: this.#instance.origin, modelId, fileId, name: file.name, sizeBytes }) as const
    return this.#run.step<string>(
      {
        kind: 'file',
        name: stepName,
        bytes: sizeBytes,
        planned: stepName,
        find: ({ notes }) => this.#find(file.name, sizeBytes, notes),
        verify: async (fileId) => (await this.#list()).some((one) => one._id === fileId && one.complete !== false),
        created: describeCreated,
      },
      async ({ notes, isRepeated, onBytes, signal, note }) => {
        const noteUpload = (value: UploadNote, fileId?: string): Promise<void> =>
          note(value, fileId === undefined ? undefined : describeCreated(fileId))
        if (!isRepeated) {
          const others = (await this.#list()).filter((one) => isLike(one, file.name, sizeBytes)).map(({ _id }) => _id)
          if (others.length > 0) await noteUpload({ others })
        }
        const { begun } = readUploadNotes(notes)
        const startedMs = performance.now()
        const stored = await uploadFile(
          this.#instance,
          { modelId, source, ...file },
          {
            ...(this.#multipart && { multipart: this.#multipart }),
            begun,
            onBegun: (upload) => noteUpload({ begun: upload }, upload.fileId),
            onPart: (part) => noteUpload({ part }),
            onBytes,
            signal,
          },
        )
        onUploaded?.(performance.now() - startedMs)
        this.#claimed.add(stored._id)
        return stored._id
      },
    )
  }

  async #find(name: string, sizeBytes: number, notes: readonly unknown[]): Promise<string | undefined> {
    const { begun, others } = readUploadNotes(notes)
    const files = await listFiles(this.#instance, this.#modelId)
    const found =
      begun === undefined
        ? files.find((one) => isLike(one, name, sizeBytes) && !others.has(one._id) && !this.#claimed.has(one._id))
        : files.find((one) => one._id === begun.upload.fileId && isLike(one, name, sizeBytes))
    if (found !== undefined) this.#claimed.add(found._id)
    return found?._id
  }

  /** The files that were there when this process began to upload. */
  #list(): Promise<readonly FileEntry[]> {
    this.#listed ??= listFiles(this.#instance, this.#modelId).catch((error: unknown) => {
      this.#listed = undefined
      throw error
    })
    return this.#listed
  }
}

function isLike(file: FileEntry, name: string, sizeBytes: number): boolean {
  return file.name === name && file.size === sizeBytes && file.complete !== false
}

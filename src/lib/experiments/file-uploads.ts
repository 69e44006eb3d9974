import type { FileEntry } from '../api/answers.js'
import { listFiles } from '../api/files.js'
import type { Instance } from '../api/instance.js'
import { removeFile } from '../api/removals.js'
import { uploadFile, type MultipartMode } from '../api/upload.js'
import type { ByteSource } from '../content/byte-source.js'
import { ResponseError } from '../http/errors.js'
import { oncePerRound } from '../run/once-per-round.js'
import type { FindContext, Run, StepContext } from '../run/run.js'
import { readUploadNotes, type UploadNote } from './upload-notes.js'

export interface FileToUpload {
  /** Says which of the experiment's files it is, stable from run to run. */
  readonly stepName: string
  readonly name: string
  readonly mime?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly source: ByteSource
  /** The result in a dry run; default: `stepName`. */
  readonly planned?: string
  /** Told how long the upload took, unless an earlier attempt had made it. */
  readonly onUploaded?: ((latencyMs: number) => void) | undefined
}

export interface FileUploadsOptions {
  readonly modelId: string
  readonly multipart?: MultipartMode
  /** The files of the model before the first upload, where they are known; otherwise they are listed. */
  readonly listed?: readonly FileEntry[]
  /** Ids of files that the experiment has a use for already, so that they are taken for no other. */
  readonly claimed?: Iterable<string>
}

/**
 * Uploads files to one model, each as one step of the run. Bailo gives no two files the same id and lets names repeat, so
 * that an upload whose answer was lost is recognised by its name and size among the files that were not there before it and
 * belong to no other step. An upload in parts is known by its id, and continued where it ended, also by another process.
 * One that was begun without its id becoming known is removed, because nobody could go on with it.
 */
export class FileUploads {
  readonly #run: Run
  readonly #instance: Instance
  readonly #modelId: string
  readonly #multipart: MultipartMode | undefined
  readonly #listInRound = oncePerRound(() => listFiles(this.#instance, this.#modelId))
  #listed: Promise<readonly FileEntry[]> | undefined
  /** Ids of the files that steps of this run have. */
  readonly #claimed: Set<string>
  /** The last upload of each name that is under way. */
  readonly #namesakes = new Map<string, Promise<unknown>>()

  constructor(run: Run, instance: Instance, options: FileUploadsOptions) {
    this.#run = run
    this.#instance = instance
    this.#modelId = options.modelId
    this.#multipart = options.multipart
    this.#listed = options.listed && Promise.resolve(options.listed)
    const created = run.createdEarlier.flatMap((one) => (one.type === 'file' ? [one.fileId] : []))
    this.#claimed = new Set([...created, ...(options.claimed ?? [])])
  }

  /**
   * Uploads a file.
   *
   * @returns its id; in a dry run a placeholder
   * @throws as {@link uploadFile} does
   */
  upload(file: FileToUpload): Promise<string> {
    // Two files of one name that are under way together could be taken for each other.
    const before = this.#namesakes.get(file.name)
    const upload = before === undefined ? this.#step(file) : before.then(() => this.#step(file))
    const settled = upload
      .catch(() => undefined)
      .finally(() => {
        if (this.#namesakes.get(file.name) === settled) this.#namesakes.delete(file.name)
      })
    this.#namesakes.set(file.name, settled)
    return upload
  }

  #step({ stepName, source, planned = stepName, onUploaded, ...file }: FileToUpload): Promise<string> {
    const modelId = this.#modelId
    const { sizeBytes } = source
    const describeCreated = (fileId: string) =>
      ({ type: 'file', origin: this.#instance.origin, modelId, fileId, name: file.name, sizeBytes }) as const
    return this.#run.step<string>(
      {
        kind: 'file',
        name: stepName,
        bytes: sizeBytes,
        planned,
        sharing: 'by-key',
        find: (context) => this.#find(file.name, sizeBytes, context),
        verify: async (fileId) => (await this.#list()).some((one) => one._id === fileId && one.complete !== false),
        created: describeCreated,
      },
      async (context) => {
        const { notes, isRepeated, note } = context
        if (!isRepeated) await this.#noteOthers(file.name, sizeBytes, context)
        const { begun, others } = readUploadNotes(notes)
        if (isRepeated && begun === undefined) await this.#removeLeftovers(file.name, others)
        const startedMs = performance.now()
        const send = (earlier: typeof begun): Promise<FileEntry> =>
          uploadFile(
            this.#instance,
            { modelId, source, ...file },
            {
              ...(this.#multipart && { multipart: this.#multipart }),
              begun: earlier,
              onBegun: (upload) => {
                this.#claimed.add(upload.fileId)
                return note({ begun: upload } satisfies UploadNote, describeCreated(upload.fileId))
              },
              onPart: (part) => note({ part } satisfies UploadNote),
              onBytes: context.onBytes,
              signal: context.signal,
            },
          )
        const stored = await send(begun).catch(async (error: unknown) => {
          if (begun === undefined || !isRefusal(error)) throw error
          // The server has forgotten the upload: what there is of the file is of no use to anybody.
          await note({ isAbandoned: true } satisfies UploadNote)
          await removeFile(this.#instance, modelId, begun.upload.fileId)
          return send(undefined)
        })
        this.#claimed.add(stored._id)
        onUploaded?.(performance.now() - startedMs)
        return stored._id
      },
    )
  }

  /** Records which files could later be taken for the one that is about to be uploaded; mostly there is none. */
  async #noteOthers(name: string, sizeBytes: number, { note }: StepContext): Promise<void> {
    const others = (await this.#list()).filter((one) => isLike(one, name, sizeBytes) || isUnfinished(one, name))
    if (others.length > 0) await note({ others: others.map(({ _id }) => _id) } satisfies UploadNote)
  }

  /** Removes what an upload in parts has left whose start was not answered. */
  async #removeLeftovers(name: string, others: ReadonlySet<string>): Promise<void> {
    const files = await listFiles(this.#instance, this.#modelId)
    for (const one of files.filter((file) => isUnfinished(file, name))) {
      if (others.has(one._id) || this.#claimed.has(one._id)) continue
      await removeFile(this.#instance, this.#modelId, one._id)
    }
  }

  async #find(name: string, sizeBytes: number, { notes, round }: FindContext): Promise<string | undefined> {
    const { begun, others } = readUploadNotes(notes)
    const files = await this.#listInRound(round)
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

function isUnfinished(file: FileEntry, name: string): boolean {
  return file.name === name && file.complete === false
}

/** Bailo answers 500 for an upload that it does not know, and 404 for a file (observed). */
function isRefusal(error: unknown): boolean {
  return error instanceof ResponseError && [400, 404, 500].includes(error.status)
}

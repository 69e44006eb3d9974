import { Ajv, type ValidateFunction } from 'ajv'
import { UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { showServerText } from '../http/server-text.js'

/**
 * The parts of Bailo's answers that this tool relies on, and nothing else: an instance whose answers have more, or differ
 * elsewhere, is still served. The schemas are checked on every answer, because types alone do not stop a proxy's page
 * or a changed server from ending in a crash far away.
 */

export interface ModelAnswer {
  readonly model: { readonly id: string; readonly name: string; readonly kind: string }
}

export interface CardAnswer {
  /** Empty before the model is given a card. */
  readonly modelCard: { readonly version?: number; readonly schemaId?: string }
}

export interface SchemasAnswer {
  readonly schemas: readonly { readonly id: string; readonly active: boolean }[]
}

export interface ImageReference {
  readonly repository: string
  readonly name: string
  readonly tag: string
}

export interface FileEntry {
  /** 24 hexadecimal digits. */
  readonly _id: string
  readonly name: string
  readonly mime?: string
  /** In bytes; absent while a multipart upload is unfinished. */
  readonly size?: number
  readonly tags?: readonly string[]
  readonly complete?: boolean
  /** ISO 8601, as all times. */
  readonly createdAt?: string
  readonly updatedAt?: string
}

export interface ReleaseEntry {
  readonly _id?: string
  readonly semver: string
  readonly notes: string
  readonly minor?: boolean
  readonly draft?: boolean
  readonly fileIds?: readonly string[]
  readonly files?: readonly FileEntry[]
  readonly images?: readonly ImageReference[]
  readonly createdAt?: string
}

export interface ReleasesAnswer {
  readonly releases: readonly ReleaseEntry[]
}

export interface FilesAnswer {
  readonly files: readonly FileEntry[]
}

export interface FileAnswer {
  readonly file: FileEntry
}

export interface ReleaseAnswer {
  readonly release: { readonly semver: string }
}

export interface MultipartStartAnswer {
  readonly fileId: string
  readonly uploadId: string
  /** Byte ranges, both ends inclusive. */
  readonly chunks: readonly { readonly startByte: number; readonly endByte: number }[]
}

export interface PartAnswer {
  readonly ETag: string
}

export interface ImagesAnswer {
  readonly images: readonly { readonly repository: string; readonly name: string; readonly tags: readonly string[] }[]
}

/** What one scanner says of one file. */
export interface ScanResult {
  readonly toolName: string
  /** `notScanned`, `inProgress`, `complete`, `skipped` or `error`; others are taken for states on the way. */
  readonly state: string
  /** What was found, once complete; nothing for a clean file. */
  readonly summary?: readonly { readonly severity?: string; readonly vulnerabilityDescription?: string }[]
  /** Absent before the first run. */
  readonly lastRunAt?: string
}

export interface ScannedFile extends FileEntry {
  readonly scanResults?: readonly ScanResult[]
}

export interface ScannedFilesAnswer {
  readonly files: readonly ScannedFile[]
}

export interface ScannersAnswer {
  readonly scanners: readonly {
    readonly toolName: string
    readonly scannerVersion?: string
    readonly artefactKind: string
  }[]
}

export interface StatusAnswer {
  readonly status: string
}

export interface MessageAnswer {
  readonly message: string
}

export interface TokensAnswer {
  readonly tokens: readonly { readonly accessKey: string; readonly actions: readonly string[] }[]
}

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const flag = { type: 'boolean' } as const
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

function object(required: Record<string, object>, optional: Record<string, object> = {}): object {
  return { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } }
}

function listOf(items: object): object {
  return { type: 'array', items }
}

const fileFields = { mime: text, size: count, tags: texts, complete: flag, createdAt: text, updatedAt: text }
const fileEntry = object({ _id: text, name: text }, fileFields)
const releaseEntry = object(
  { semver: text, notes: text },
  {
    _id: text,
    minor: flag,
    draft: flag,
    fileIds: texts,
    files: listOf(fileEntry),
    images: listOf(object({ repository: text, name: text, tag: text })),
    createdAt: text,
  },
)

const scanResult = object(
  { toolName: text, state: text },
  { summary: listOf(object({}, { severity: text, vulnerabilityDescription: text })), lastRunAt: text },
)

/** Compiled when first used: a run needs few of them, and compiling takes time and memory. */
export class Shape<T> {
  readonly #schema: object
  #validate: ValidateFunction<T> | undefined

  constructor(schema: object) {
    this.#schema = schema
  }

  /** Where a value does not fit, as a JSON pointer with the reason; undefined when it fits. */
  findMismatch(value: unknown): string | undefined {
    this.#validate ??= ajv.compile<T>(this.#schema)
    if (this.#validate(value)) return undefined
    const [first] = this.#validate.errors ?? []
    return showServerText(`${first?.instancePath || 'the document'} ${first?.message ?? 'does not fit'}`)
  }

  /**
   * The value, typed.
   *
   * @throws UnexpectedAnswerError that names the operation and the place
   */
  check(operation: Operation, value: unknown): T {
    const mismatch = this.findMismatch(value)
    if (mismatch === undefined) return value as T
    throw new UnexpectedAnswerError(operation, `the answer does not fit the contract of Bailo's API: ${mismatch}.`)
  }
}

const ajv = new Ajv({ strict: true })

/** The shape of each answer that is used. */
export const answers = {
  model: new Shape<ModelAnswer>(object({ model: object({ id: text, name: text, kind: text }) })),
  card: new Shape<CardAnswer>(object({ modelCard: object({}, { version: count, schemaId: text }) })),
  schemas: new Shape<SchemasAnswer>(object({ schemas: listOf(object({ id: text, active: flag })) })),
  files: new Shape<FilesAnswer>(object({ files: listOf(fileEntry) })),
  file: new Shape<FileAnswer>(object({ file: fileEntry })),
  images: new Shape<ImagesAnswer>(object({ images: listOf(object({ repository: text, name: text, tags: texts })) })),
  releases: new Shape<ReleasesAnswer>(object({ releases: listOf(releaseEntry) })),
  release: new Shape<ReleaseAnswer>(object({ release: object({ semver: text }) })),
  multipartStart: new Shape<MultipartStartAnswer>(
    object({ fileId: text, uploadId: text, chunks: listOf(object({ startByte: count, endByte: count })) }),
  ),
  part: new Shape<PartAnswer>(object({ ETag: text })),
  scannedFiles: new Shape<ScannedFilesAnswer>(
    object({ files: listOf(object({ _id: text, name: text }, { ...fileFields, scanResults: listOf(scanResult) })) }),
  ),
  scanners: new Shape<ScannersAnswer>(
    object({ scanners: listOf(object({ toolName: text, artefactKind: text }, { scannerVersion: text })) }),
  ),
  status: new Shape<StatusAnswer>(object({ status: text })),
  message: new Shape<MessageAnswer>(object({ message: text })),
  tokens: new Shape<TokensAnswer>(object({ tokens: listOf(object({ accessKey: text, actions: texts })) })),
}

import { Ajv, type ValidateFunction } from 'ajv'
import { UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { showServerText } from '../http/server-text.js'

/**
 * The parts of Bailo's answers that this tool relies on, and nothing else: an instance whose answers have more, or differ
 * elsewhere, is still served. The schemas are checked on every answer, because types alone do not stop a proxy's page
 * or a changed server from ending in a crash far away.
 */

export interface ModelEntry {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly description?: string
  /** In lower case; absent on an instance from before models had tags. */
  readonly tags?: readonly string[]
  readonly settings?: {
    /** Where an export of this model goes, or what this model is a copy of. */
    readonly mirror?: { readonly sourceModelId?: string; readonly destinationModelId?: string }
  }
}

export interface ModelAnswer {
  readonly model: ModelEntry
}

export interface ModelsAnswer {
  readonly models: readonly ModelEntry[]
}

export interface CardEntry {
  readonly version: number
  readonly schemaId: string
  /** What the card says; absent while nothing was filled in. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** True for a version that came from another instance. */
  readonly mirrored?: boolean
}

export interface CardAnswer {
  /** Empty before the model is given a card. */
  readonly modelCard: Partial<CardEntry>
}

export interface SavedCardAnswer {
  readonly card: CardEntry
}

export interface CardRevisionsAnswer {
  readonly modelCardRevisions: readonly CardEntry[]
}

export interface SchemaEntry {
  readonly id: string
  readonly active: boolean
  /** A hidden schema takes no new cards. */
  readonly hidden?: boolean
  readonly jsonSchema?: Readonly<Record<string, unknown>>
}

export interface SchemasAnswer {
  readonly schemas: readonly SchemaEntry[]
}

export interface SchemaAnswer {
  readonly schema: SchemaEntry
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

/** What a token allows. */
export interface TokenEntry {
  readonly accessKey: string
  readonly actions: readonly string[]
  /** `all`, or `models` for those of `modelIds` only. */
  readonly scope?: string
  readonly modelIds?: readonly string[]
}

export interface TokensAnswer {
  readonly tokens: readonly TokenEntry[]
}

export interface CallerAnswer {
  readonly user: {
    readonly dn: string
    /** Of a call with a token. The answer holds a hash of its secret too, which is not read. */
    readonly token?: TokenEntry
  }
}

export interface PermissionsAnswer {
  readonly permissions: Readonly<Record<string, { readonly hasPermission: boolean; readonly info?: string }>>
}

/** How far the copying of one thing has come: `requested`, `in_progress`, `completed`, `failed` or `denied`. */
export interface ArtefactTransfer {
  /** `documents`, the id of a file, or an image as `repository/name:tag`. */
  readonly key: string
  /** `documents`, `file` or `image`. */
  readonly kind: string
  readonly status: string
}

/** An export of a model, or an import into one. */
export interface TransferEntry {
  readonly _id: string
  readonly status: string
  readonly artefactStatus?: readonly ArtefactTransfer[]
  readonly createdAt?: string
  readonly updatedAt?: string
}

export interface TransfersAnswer {
  readonly transfers: readonly TransferEntry[]
}

/** The part of an instance's settings that exports are about. */
export interface UiConfigAnswer {
  readonly modelMirror?: { readonly export?: { readonly disclaimer?: string } }
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

const anyObject = { type: 'object' } as const
const mirror = object({}, { sourceModelId: text, destinationModelId: text })
const modelEntry = object(
  { id: text, name: text, kind: text },
  { description: text, tags: texts, settings: object({}, { mirror }) },
)
const cardEntry = { version: count, schemaId: text }
const cardDetails = { metadata: anyObject, mirrored: flag }
const schemaEntry = object({ id: text, active: flag }, { hidden: flag, jsonSchema: anyObject })
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
const token = object({ accessKey: text, actions: texts }, { scope: text, modelIds: texts })

/** Compiled when first used: a run needs few of them, and compiling takes time and memory. */
export class Shape<T> {
  readonly #schema: object
  #validate: ValidateFunction<T> | undefined

  constructor(schema: object) {
    this.#schema = schema
  }

  /** Where a value does not fit, as a JSON pointer with the reason; undefined when it fits. */
  findMismatch(value: unknown, pointer = ''): string | undefined {
    this.#validate ??= ajv.compile<T>(this.#schema)
    if (this.#validate(value)) return undefined
    const [first] = this.#validate.errors ?? []
    const place = `${pointer}${first?.instancePath ?? ''}` || 'the document'
    return showServerText(`${place} ${first?.message ?? 'does not fit'}`)
  }

  /**
   * The value, typed.
   *
   * @param pointer where in the answer it is; default: it is all of the answer
   * @throws UnexpectedAnswerError that names the operation and the place
   */
  check(operation: Operation, value: unknown, pointer = ''): T {
    const mismatch = this.findMismatch(value, pointer)
    if (mismatch === undefined) return value as T
    throw new UnexpectedAnswerError(operation, `the answer does not fit the contract of Bailo's API: ${mismatch}.`, {
      isUnreadable: true,
    })
  }
}

const ajv = new Ajv({ strict: true })

/** The shape of each answer that is used. */
export const answers = {
  model: new Shape<ModelAnswer>(object({ model: modelEntry })),
  models: new Shape<ModelsAnswer>(object({ models: listOf(modelEntry) })),
  card: new Shape<CardAnswer>(object({ modelCard: object({}, { ...cardEntry, ...cardDetails }) })),
  savedCard: new Shape<SavedCardAnswer>(object({ card: object(cardEntry, cardDetails) })),
  cardRevisions: new Shape<CardRevisionsAnswer>(object({ modelCardRevisions: listOf(object(cardEntry, cardDetails)) })),
  schemas: new Shape<SchemasAnswer>(object({ schemas: listOf(schemaEntry) })),
  schema: new Shape<SchemaAnswer>(object({ schema: schemaEntry })),
  files: new Shape<FilesAnswer>(object({ files: listOf(fileEntry) })),
  fileEntry: new Shape<FileEntry>(fileEntry),
  file: new Shape<FileAnswer>(object({ file: fileEntry })),
  images: new Shape<ImagesAnswer>(object({ images: listOf(object({ repository: text, name: text, tags: texts })) })),
  releases: new Shape<ReleasesAnswer>(object({ releases: listOf(releaseEntry) })),
  releaseEntry: new Shape<ReleaseEntry>(releaseEntry),
  release: new Shape<ReleaseAnswer>(object({ release: object({ semver: text }) })),
  multipartStart: new Shape<MultipartStartAnswer>(
    object({ fileId: text, uploadId: text, chunks: listOf(object({ startByte: count, endByte: count })) }),
  ),
  part: new Shape<PartAnswer>(object({ ETag: text })),
  scanners: new Shape<ScannersAnswer>(
    object({ scanners: listOf(object({ toolName: text, artefactKind: text }, { scannerVersion: text })) }),
  ),
  tokens: new Shape<TokensAnswer>(object({ tokens: listOf(token) })),
  caller: new Shape<CallerAnswer>(object({ user: object({ dn: text }, { token }) })),
  permissions: new Shape<PermissionsAnswer>(
    object({
      permissions: { type: 'object', additionalProperties: object({ hasPermission: flag }, { info: text }) },
    }),
  ),
  scannedFiles: new Shape<ScannedFilesAnswer>(
    object({ files: listOf(object({ _id: text, name: text }, { ...fileFields, scanResults: listOf(scanResult) })) }),
  ),
  status: new Shape<StatusAnswer>(object({ status: text })),
  message: new Shape<MessageAnswer>(object({ message: text })),
  transfers: new Shape<TransfersAnswer>(
    object({
      transfers: listOf(
        object(
          { _id: text, status: text },
          {
            artefactStatus: listOf(object({ key: text, kind: text, status: text })),
            createdAt: text,
            updatedAt: text,
          },
        ),
      ),
    }),
  ),
  uiConfig: new Shape<UiConfigAnswer>(
    object({}, { modelMirror: object({}, { export: object({}, { disclaimer: text }) }) }),
  ),
}

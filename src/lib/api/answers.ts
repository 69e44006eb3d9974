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

export interface ImagesAnswer {
  readonly images: readonly { readonly repository: string; readonly name: string; readonly tags: readonly string[] }[]
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

const fileEntry = object({ _id: text, name: text }, { mime: text, size: count, tags: texts, complete: flag })
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

const ajv = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true })

/** Says whether a value has the expected shape; `describeMismatch` then says where it does not. */
export const isReleasesAnswer = ajv.compile<ReleasesAnswer>(object({ releases: listOf(releaseEntry) }))
const isModelAnswer = ajv.compile<ModelAnswer>(object({ model: object({ id: text, name: text, kind: text }) }))
const isCardAnswer = ajv.compile<CardAnswer>(object({ modelCard: object({}, { version: count, schemaId: text }) }))
const isSchemasAnswer = ajv.compile<SchemasAnswer>(object({ schemas: listOf(object({ id: text, active: flag })) }))
const isFilesAnswer = ajv.compile<FilesAnswer>(object({ files: listOf(fileEntry) }))
const isFileAnswer = ajv.compile<{ file: FileEntry }>(object({ file: fileEntry }))
const isImagesAnswer = ajv.compile<ImagesAnswer>(
  object({ images: listOf(object({ repository: text, name: text, tags: texts })) }),
)
const isReleaseAnswer = ajv.compile<{ release: { semver: string } }>(object({ release: object({ semver: text }) }))
const isStartAnswer = ajv.compile<MultipartStart>(
  object({ fileId: text, uploadId: text, chunks: listOf(object({ startByte: count, endByte: count })) }),
)
const isPartAnswer = ajv.compile<{ ETag: string }>(object({ ETag: text }))

export interface MultipartStart {
  readonly fileId: string
  readonly uploadId: string
  /** Byte ranges, both ends inclusive. */
  readonly chunks: readonly { readonly startByte: number; readonly endByte: number }[]
}

/** One checker per answer: returns the value typed, or throws an UnexpectedAnswerError that names the place. */
export const check = {
  model: checker(isModelAnswer),
  card: checker(isCardAnswer),
  schemas: checker(isSchemasAnswer),
  files: checker(isFilesAnswer),
  file: checker(isFileAnswer),
  images: checker(isImagesAnswer),
  releases: checker(isReleasesAnswer),
  release: checker(isReleaseAnswer),
  multipartStart: checker(isStartAnswer),
  part: checker(isPartAnswer),
}

function checker<T>(validate: ValidateFunction<T>): (operation: Operation, value: unknown) => T {
  return (operation, value) => {
    if (validate(value)) return value
    throw new UnexpectedAnswerError(
      operation,
      `the answer does not fit the contract of Bailo's API: ${describeMismatch(validate)}.`,
    )
  }
}

/** The first place where the value last checked does not fit, as a JSON pointer with the reason. */
export function describeMismatch(validate: ValidateFunction): string {
  const [first] = validate.errors ?? []
  return first === undefined
    ? 'it fits'
    : showServerText(`${first.instancePath || 'the document'} ${first.message ?? ''}`)
}

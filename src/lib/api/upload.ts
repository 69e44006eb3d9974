import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import type { ByteRange, ByteSource } from '../content/byte-source.js'
import { ExitCode, ExpectedError } from '../errors.js'
import type { Answer } from '../http/connection.js'
import { UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { meterBody, type OnBytes } from '../http/metered-body.js'
import { readJsonText } from '../http/read-json-text.js'
import { showServerText } from '../http/server-text.js'
import { answers, type FileEntry, type MultipartStartAnswer } from './answers.js'
import { bodyOf, describeType } from './client.js'
import type { Instance } from './instance.js'
import { fillPath } from './paths.js'

const SIMPLE = '/api/v2/model/{modelId}/files/upload/simple'
const START = '/api/v2/model/{modelId}/files/upload/multipart/start'
const PART = '/api/v2/model/{modelId}/files/upload/multipart/part'
const FINISH = '/api/v2/model/{modelId}/files/upload/multipart/finish'

/** From this size on, `auto` uploads in parts: below it a second round trip costs more than a failed upload. */
const MULTIPART_FROM_BYTES = 64 * 1024 * 1024
/** S3 takes 10,000 parts, and Bailo's parts are of 5 MiB (observed): larger files fit only into a simple upload. */
const MULTIPART_UP_TO_BYTES = 10_000 * 5 * 1024 * 1024

export type MultipartMode = 'auto' | 'always' | 'never'

export interface FileUpload {
  readonly modelId: string
  /** Any characters; the server keeps them as they are. Names may repeat within a model. */
  readonly name: string
  readonly mime?: string | undefined
  readonly tags?: readonly string[] | undefined
  /** At least one byte: Bailo refuses empty files. */
  readonly source: ByteSource
}

/** An upload in parts that the server knows. */
export interface OpenUpload {
  readonly fileId: string
  readonly uploadId: string
  /** Size of all parts but the last. */
  readonly partBytes: number
}

/** A part that the server has: its number, from 1 on, and what it answered. */
export interface StoredPart {
  readonly PartNumber: number
  readonly ETag: string
}

export interface UploadOptions {
  readonly multipart?: MultipartMode
  /** An upload in parts that an earlier attempt has begun, and is continued. */
  readonly begun?: { readonly upload: OpenUpload; readonly parts: readonly StoredPart[] } | undefined
  /** Called when the server knows the upload, before the first part is sent. */
  readonly onBegun?: (upload: OpenUpload) => Promise<void>
  /** Called for each part that the server has. */
  readonly onPart?: (part: StoredPart) => Promise<void>
  /** Parts of one file in flight at the same time. */
  readonly partConcurrency?: number
  readonly onBytes?: OnBytes
  readonly signal?: AbortSignal
}

/**
 * Uploads one file, in one request or in parts. Bytes stream from the source; a part that fails is sent again on its
 * own. A simple upload whose answer is lost is not repeated, because the file may be there. An upload in parts can be
 * continued by whoever knows what `onBegun` and `onPart` were told.
 *
 * @returns the file as the server lists it
 * @throws ResponseError, ConnectionError, and ExpectedError when the server stored another size than was sent
 */
export async function uploadFile(instance: Instance, upload: FileUpload, options: UploadOptions): Promise<FileEntry> {
  const file = usesParts(upload.source.sizeBytes, options)
    ? await uploadInParts(instance, upload, options)
    : await uploadAtOnce(instance, upload, options)
  if (file.size !== upload.source.sizeBytes) {
    throw new ExpectedError(
      `The file ${showServerText(file._id)} was stored with ${file.size ?? 'no'} bytes, but ${upload.source.sizeBytes} were sent.`,
      { exitCode: ExitCode.Partial, tryNext: ['delete this file and run again'] },
    )
  }
  return file
}

function usesParts(sizeBytes: number, { begun, multipart: mode = 'auto' }: UploadOptions): boolean {
  if (begun !== undefined) return true
  if (mode !== 'auto') return mode === 'always'
  return sizeBytes >= MULTIPART_FROM_BYTES && sizeBytes <= MULTIPART_UP_TO_BYTES
}

async function uploadAtOnce(instance: Instance, upload: FileUpload, options: UploadOptions): Promise<FileEntry> {
  const { modelId, name, mime, tags, source } = upload
  const operation: Operation = { method: 'POST', path: SIMPLE }
  const answer = await sendBytes(instance, operation, {
    url: fillPath(SIMPLE, { modelId }, { name, mime, tags }),
    source,
    range: { start: 0, end: source.sizeBytes },
    isRepeatable: false,
    options,
  })
  return answers.file.check(operation, answer).file
}

async function uploadInParts(instance: Instance, upload: FileUpload, options: UploadOptions): Promise<FileEntry> {
  const { modelId, source } = upload
  const begun = options.begun?.upload ?? (await beginUpload(instance, upload, options))
  const { fileId, uploadId, partBytes } = begun
  const stored = new Map(options.begun?.parts.map((part) => [part.PartNumber, part]))
  const limit = pLimit(options.partConcurrency ?? 4)
  // When one part has failed for good, parts that have not begun are not sent any more.
  const abort = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal
  setMaxListeners(0, signal)
  const sendPart = async (partNumber: number): Promise<StoredPart> => {
    signal.throwIfAborted()
    const operation: Operation = { method: 'POST', path: PART }
    const start = (partNumber - 1) * partBytes
    try {
      const answer = await sendBytes(instance, operation, {
        url: fillPath(PART, { modelId }, { fileId, uploadId, partNumber }),
        source,
        range: { start, end: Math.min(source.sizeBytes, start + partBytes) },
        // A part that is sent twice replaces itself.
        isRepeatable: true,
        options: { ...options, signal },
      })
      const part = { PartNumber: partNumber, ETag: answers.part.check(operation, answer).ETag }
      await options.onPart?.(part)
      return part
    } catch (error) {
      abort.abort(error)
      throw error
    }
  }
  const numbers = Array.from({ length: Math.ceil(source.sizeBytes / partBytes) }, (_, index) => index + 1)
  const ensurePart = async (partNumber: number): Promise<StoredPart> =>
    stored.get(partNumber) ?? limit(sendPart, partNumber)
  const parts = await Promise.all(numbers.map(ensurePart))
  const body = { fileId, uploadId, parts: parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber })) }
  const answer = await bodyOf(
    instance.json.POST(FINISH, {
      params: { path: { modelId } },
      body,
      ...(options.signal && { signal: options.signal }),
    }),
  )
  return answers.file.check({ method: 'POST', path: FINISH }, answer).file
}

async function beginUpload(
  instance: Instance,
  { modelId, name, mime, tags, source }: FileUpload,
  options: UploadOptions,
): Promise<OpenUpload> {
  const answer = await bodyOf(
    instance.json.POST(START, {
      params: { path: { modelId } },
      body: { name, size: source.sizeBytes, ...(mime && { mime }), ...(tags?.length && { tags: [...tags] }) },
      ...(options.signal && { signal: options.signal }),
    }),
  )
  const start = answers.multipartStart.check({ method: 'POST', path: START }, answer)
  const { fileId, uploadId } = start
  const begun = { fileId, uploadId, partBytes: partSizeOf(start, source.sizeBytes) }
  await options.onBegun?.(begun)
  return begun
}

/**
 * The size of the parts. They must make up the file, because others would be stored as another one or not be there to be
 * read, and be of one size but for the last, so that an upload can be continued by this figure alone (observed: 5 MiB).
 */
function partSizeOf({ chunks }: MultipartStartAnswer, sizeBytes: number): number {
  const partBytes = (chunks[0]?.endByte ?? -1) + 1
  const isWhole = chunks.every(({ startByte, endByte }, index) => {
    const isLast = index === chunks.length - 1
    return startByte === index * partBytes && endByte === (isLast ? sizeBytes : startByte + partBytes) - 1
  })
  if (isWhole && chunks.length === Math.ceil(sizeBytes / partBytes)) return partBytes
  throw new UnexpectedAnswerError(
    { method: 'POST', path: START },
    `the ${chunks.length} parts that it asks for do not make up a file of ${sizeBytes} bytes.`,
  )
}

async function sendBytes(
  instance: Instance,
  operation: Operation,
  transfer: {
    url: string
    source: ByteSource
    range: ByteRange
    isRepeatable: boolean
    options: UploadOptions
  },
): Promise<unknown> {
  const { source, range, options } = transfer
  return instance.connection.send(
    operation,
    {
      url: transfer.url,
      headers: {
        ...instance.connection.authorization(),
        // As application/json the server's JSON parser would swallow the bytes (observed).
        'content-type': 'application/octet-stream',
        'content-length': String(range.end - range.start),
      },
      openBody: meterBody(() => instance.connection.paced(source.open(range)), options.onBytes),
      isRepeatable: transfer.isRepeatable,
      signal: options.signal,
    },
    (answer) => readJson(operation, answer),
  )
}

async function readJson(operation: Operation, answer: Answer): Promise<unknown> {
  const text = await readJsonText(operation, answer)
  try {
    return JSON.parse(text)
  } catch {
    throw new UnexpectedAnswerError(operation, `the answer is not JSON (${describeType(answer.headers)}).`, {
      isUnreadable: true,
    })
  }
}

import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import type { ByteRange, ByteSource } from '../content/byte-source.js'
import { ExitCode, ExpectedError } from '../errors.js'
import type { Answer } from '../http/connection.js'
import { UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { meterBody, type OnBytes } from '../http/metered-body.js'
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

export interface UploadOptions {
  readonly multipart?: MultipartMode
  /** Parts of one file in flight at the same time. */
  readonly partConcurrency?: number
  readonly onBytes?: OnBytes
  readonly signal?: AbortSignal
}

/**
 * Uploads one file, in one request or in parts. Bytes stream from the source; a part that fails is sent again on its
 * own. A simple upload whose answer is lost is not repeated, because the file may be there.
 *
 * @returns the file as the server lists it
 * @throws ResponseError, ConnectionError, and ExpectedError when the server stored another size than was sent
 */
export async function uploadFile(instance: Instance, upload: FileUpload, options: UploadOptions): Promise<FileEntry> {
  const file = usesParts(upload.source.sizeBytes, options.multipart ?? 'auto')
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

function usesParts(sizeBytes: number, mode: MultipartMode): boolean {
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
  const { modelId, name, mime, tags, source } = upload
  const params = { path: { modelId } }
  const start = answers.multipartStart.check(
    { method: 'POST', path: START },
    await bodyOf(
      instance.json.POST(START, {
        params,
        body: { name, size: source.sizeBytes, ...(mime && { mime }), ...(tags?.length && { tags: [...tags] }) },
        ...(options.signal && { signal: options.signal }),
      }),
    ),
  )
  checkChunks(start, source.sizeBytes)
  const { fileId, uploadId } = start
  const limit = pLimit(options.partConcurrency ?? 4)
  // When one part has failed for good, parts that have not begun are not sent any more.
  const abort = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal
  setMaxListeners(0, signal)
  const sendPart = async (chunk: { startByte: number; endByte: number }, index: number) => {
    signal.throwIfAborted()
    const operation: Operation = { method: 'POST', path: PART }
    try {
      const answer = await sendBytes(instance, operation, {
        url: fillPath(PART, { modelId }, { fileId, uploadId, partNumber: index + 1 }),
        source,
        range: { start: chunk.startByte, end: chunk.endByte + 1 },
        // A part that is sent twice replaces itself.
        isRepeatable: true,
        options: { ...options, signal },
      })
      return { ETag: answers.part.check(operation, answer).ETag, PartNumber: index + 1 }
    } catch (error) {
      abort.abort(error)
      throw error
    }
  }
  const parts = await Promise.all(start.chunks.map((chunk, index) => limit(sendPart, chunk, index)))
  const body = await bodyOf(instance.json.POST(FINISH, { params, body: { fileId, uploadId, parts } }))
  return answers.file.check({ method: 'POST', path: FINISH }, body).file
}

/** The parts must make up the file: others would be stored as another one, or not be there to be read. */
function checkChunks({ chunks }: MultipartStartAnswer, sizeBytes: number): void {
  const isWhole =
    chunks.every(({ startByte, endByte }, index) => {
      return endByte >= startByte && startByte === (chunks[index - 1]?.endByte ?? -1) + 1
    }) && chunks.at(-1)?.endByte === sizeBytes - 1
  if (!isWhole) {
    throw new UnexpectedAnswerError(
      { method: 'POST', path: START },
      `the ${chunks.length} parts that it asks for do not make up a file of ${sizeBytes} bytes.`,
    )
  }
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
      openBody: meterBody(() => source.open(range), options.onBytes),
      isRepeatable: transfer.isRepeatable,
      signal: options.signal,
    },
    (answer) => readJson(operation, answer),
  )
}

async function readJson(operation: Operation, { headers, body }: Answer): Promise<unknown> {
  const text = await body.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new UnexpectedAnswerError(operation, `the answer is not JSON (${describeType(headers)}).`)
  }
}

import type { FileEntry } from '../api/answers.js'
import { listFiles as list } from '../api/files.js'
import { uploadFile as upload, type MultipartMode } from '../api/upload.js'
import type { ByteSource } from '../content/byte-source.js'
import type { Fill } from '../content/lazy-stream.js'
import { Pacer } from '../content/pacer.js'
import { parseRate, parseSize } from '../content/size.js'
import { syntheticSource } from '../content/sources.js'
import { UsageError } from '../errors.js'
import type { OnBytes } from '../http/metered-body.js'
import { partsOf, type Bailo } from './bailo.js'

/** Bytes, or a text such as `20MiB` (binary) or `1.5TB` (decimal). */
export type Size = number | string

/** Bytes per second, or a text such as `50MiB/s`. */
export type Rate = number | string

export function toBytes(size: Size): number {
  return typeof size === 'string' ? parseSize(size) : size
}

interface FileDetails {
  readonly modelId: string
  /** Any characters. Names may repeat within a model, but not within a release. */
  readonly name: string
  readonly mime?: string
  readonly tags?: readonly string[]
  /** Default `auto`: files from 64 MiB on go up in parts, unless they are too large for that. */
  readonly multipart?: MultipartMode
  /** Called as bytes leave; with a negative figure when some have to be sent again. */
  readonly onBytes?: OnBytes
  readonly signal?: AbortSignal
}

/** A file whose bytes are made as they are sent: it can have any size, and takes no memory and no disk. */
export interface SyntheticFile extends FileDetails {
  /** At least one byte: Bailo refuses empty files. */
  readonly size: Size
  /** Default: noise, which cannot be compressed and differs from file to file. */
  readonly fill?: Fill
  /** Upper limit of the pace, of all parts together. Default: as fast as it goes. */
  readonly rate?: Rate
  /** Default: the one of {@link connect}. The same seed, name and size give the same bytes. */
  readonly seed?: string
}

/** A file with bytes of your own. */
export interface SourceFile extends FileDetails {
  /** Opens the bytes, whole or from any offset, as often as it takes: a part that fails is sent again. */
  readonly source: ByteSource
}

export interface UploadedFile {
  readonly fileId: string
  readonly name: string
  readonly sizeBytes: number
}

/**
 * Uploads one file, in one request or in parts, and checks that the instance has stored all of it.
 *
 * @throws UsageError for a size or rate that is none; ResponseError and ConnectionError when the instance does not take it
 */
export async function uploadFile(bailo: Bailo, file: SyntheticFile | SourceFile): Promise<UploadedFile> {
  const { instance, seed } = partsOf(bailo)
  const { modelId, name, mime, tags, multipart, onBytes, signal } = file
  const source = 'source' in file ? file.source : createSource(file, seed)
  const stored = await upload(
    instance,
    { modelId, name, mime, tags, source },
    { ...(multipart && { multipart }), ...(onBytes && { onBytes }), ...(signal && { signal }) },
  )
  return { fileId: stored._id, name: stored.name, sizeBytes: source.sizeBytes }
}

function createSource({ size, fill = 'noise', rate, seed, name }: SyntheticFile, defaultSeed: string): ByteSource {
  const sizeBytes = toBytes(size)
  if (sizeBytes === 0) throw new UsageError(`The file ${JSON.stringify(name)} has no bytes; Bailo refuses empty files.`)
  const pacer = rate === undefined ? undefined : new Pacer(typeof rate === 'string' ? parseRate(rate) : rate)
  return syntheticSource({ sizeBytes, fill, seed: seed ?? defaultSeed, name, pacer })
}

/** All files of a model, also those in no release. */
export async function listFiles(bailo: Bailo, modelId: string): Promise<readonly FileEntry[]> {
  return list(partsOf(bailo).instance, modelId)
}

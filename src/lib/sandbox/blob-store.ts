import { randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { ByteRange } from '../content/byte-source.js'

/** With `discard`, a blob of up to this many bytes is still kept: manifests, configs and small files stay readable. */
export const KEPT_WHEN_DISCARDING_BYTES = 64 * 1024

/** Chunks come from the network in 64 KiB; written one by one they reach a third of the speed (0.5 against 1.5 GB/s). */
const WRITE_BYTES = 1024 * 1024

const ZEROS = Buffer.alloc(1024 * 1024)

export interface StoredBlob {
  /** A random id, also the name on disk; nothing of it comes from the user. */
  readonly key: string
  readonly sizeBytes: number
}

/**
 * Where the sandbox keeps bytes. The directory of blobs is in memory and ends with the process, the bytes are on disk,
 * and no operation holds more than a few chunks of a blob, whatever its size.
 *
 * There are no digests here: SHA-256 costs more than everything else that happens to a byte, and only the registry
 * needs it. A caller that wants one hashes the chunks on their way in.
 */
export interface BlobStore {
  /**
   * Stores everything that the source gives. When the source fails, the bytes so far are removed.
   *
   * @throws whatever the source or the disk throws
   */
  write(source: Readable | AsyncIterable<Uint8Array>): Promise<StoredBlob>
  /**
   * Joins blobs in the given order into a new one; the old keys are gone afterwards. No byte is copied, so the time
   * depends on the number of parts only. No keys make an empty blob.
   *
   * @throws RangeError for an unknown key
   */
  concatenate(keys: readonly string[]): Promise<StoredBlob>
  /**
   * Opens a stream over the range (default: everything). Discarded bytes read as zeros.
   *
   * @throws RangeError for an unknown key, or a range that does not lie within the blob
   */
  open(key: string, range?: Partial<ByteRange>): Readable
  /** Removes a blob; an unknown key is no error. */
  remove(key: string): Promise<void>
}

/** Bytes in one file, or, without a file, bytes that were dropped. */
interface Segment {
  readonly file: string | undefined
  readonly sizeBytes: number
}

/**
 * Makes a store in the directory, which is created when it does not exist and is the caller's to remove.
 * With `discard`, a blob larger than {@link KEPT_WHEN_DISCARDING_BYTES} is counted and dropped, for load tests.
 */
export function createBlobStore(options: { directory: string; discard: boolean }): BlobStore {
  mkdirSync(options.directory, { recursive: true })
  return new DirectoryBlobStore(options.directory, options.discard ? KEPT_WHEN_DISCARDING_BYTES : Infinity)
}

class DirectoryBlobStore implements BlobStore {
  private readonly blobs = new Map<string, readonly Segment[]>()

  constructor(
    private readonly directory: string,
    private readonly keptBytes: number,
  ) {}

  async write(source: Readable | AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const file = path.join(this.directory, randomUUID())
    const chunks = source instanceof Readable ? readWithoutDestroying(source) : source
    return this.add([await this.writeSegment(file, chunks)])
  }

  async concatenate(keys: readonly string[]): Promise<StoredBlob> {
    const segments = keys.flatMap((key) => this.segmentsOf(key))
    for (const key of keys) this.blobs.delete(key)
    const sizeBytes = totalSize(segments)
    if (sizeBytes <= this.keptBytes) return this.add(segments)
    await removeFiles(segments)
    return this.add([{ file: undefined, sizeBytes }])
  }

  open(key: string, range: Partial<ByteRange> = {}): Readable {
    const segments = this.segmentsOf(key)
    const sizeBytes = totalSize(segments)
    const { start = 0, end = sizeBytes } = range
    if (!(start >= 0 && start <= end && end <= sizeBytes)) {
      throw new RangeError(`Bytes ${start} to ${end} are not within a blob of ${sizeBytes} bytes`)
    }
    return Readable.from(readSegments(segments, { start, end }), { objectMode: false, highWaterMark: ZEROS.length })
  }

  async remove(key: string): Promise<void> {
    const segments = this.blobs.get(key) ?? []
    this.blobs.delete(key)
    await removeFiles(segments)
  }

  private add(segments: readonly Segment[]): StoredBlob {
    const key = randomUUID()
    this.blobs.set(key, segments)
    return { key, sizeBytes: totalSize(segments) }
  }

  private segmentsOf(key: string): readonly Segment[] {
    const segments = this.blobs.get(key)
    if (segments === undefined) throw new RangeError(`No blob ${key}`)
    return segments
  }

  private async writeSegment(file: string, source: AsyncIterable<Uint8Array>): Promise<Segment> {
    const handle = await open(file, 'wx')
    let sizeBytes = 0
    try {
      for await (const batch of collectBatches(source)) {
        sizeBytes += batch.reduce((sum, chunk) => sum + chunk.length, 0)
        if (sizeBytes <= this.keptBytes) await handle.writeFile(Buffer.concat(batch))
      }
    } catch (error) {
      await handle.close()
      await rm(file, { force: true })
      throw error
    }
    await handle.close()
    if (sizeBytes <= this.keptBytes) return { file, sizeBytes }
    await rm(file, { force: true })
    return { file: undefined, sizeBytes }
  }
}

async function* collectBatches(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let batchBytes = 0
  for await (const chunk of source) {
    batch.push(chunk)
    batchBytes += chunk.length
    if (batchBytes < WRITE_BYTES) continue
    yield batch
    batch = []
    batchBytes = 0
  }
  yield batch
}

/**
 * Reads a stream to its end, and leaves it alone when the reader stops early. Destroying the request whose body is being
 * stored would take the connection with it, and the client would never see why the disk refused.
 */
export function readWithoutDestroying(source: Readable): AsyncIterable<Uint8Array> {
  return source.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
}

async function* readSegments(segments: readonly Segment[], range: ByteRange): AsyncGenerator<Buffer> {
  let offset = 0
  for (const { file, sizeBytes } of segments) {
    const start = Math.max(range.start - offset, 0)
    const end = Math.min(range.end - offset, sizeBytes)
    offset += sizeBytes
    if (start >= end) continue
    if (file === undefined) yield* readZeros(end - start)
    else yield* createReadStream(file, { start, end: end - 1, highWaterMark: ZEROS.length })
  }
}

function* readZeros(sizeBytes: number): Generator<Buffer> {
  for (let left = sizeBytes; left > 0; left -= ZEROS.length) {
    yield left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS
  }
}

function totalSize(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
}

async function removeFiles(segments: readonly Segment[]): Promise<void> {
  for (const { file } of segments) if (file !== undefined) await rm(file, { force: true })
}

import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { ByteRange } from '../content/byte-source.js'

/** With `discard`, a blob of up to this many bytes is still kept: manifests, configs and small files stay readable. */
export const KEPT_WHEN_DISCARDING_BYTES = 64 * 1024

/**
 * How many bytes are moved at once. Few transfers move large pieces, which is twice as fast. With many it is as much as comes
 * from the network at a time: with 1 MiB each, 64 uploads took 340 MB of memory, and pieces of many sizes leave holes in it.
 */
const PIECE_BYTES = { large: 1024 * 1024, small: 64 * 1024 }

/** More transfers than this at a time are many. */
const FEW_TRANSFERS = 4

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
  /** Makes a blob of zeros, of which nothing is on disk. */
  addZeros(sizeBytes: number): StoredBlob
}

/** Bytes in one file of the store's directory, or, without a file, bytes that were dropped. */
interface Segment {
  readonly file: string | undefined
  readonly sizeBytes: number
}

/** The directory of a store by key, as plain data. */
export type SavedBlobs = ReadonlyMap<string, readonly Segment[]>

/**
 * Makes a store in the directory, which is created when it does not exist and is the caller's to remove.
 * With `discard`, a blob larger than {@link KEPT_WHEN_DISCARDING_BYTES} is counted and dropped, for load tests.
 */
export function createBlobStore(options: { directory: string; discard: boolean }): BlobStore {
  return new DirectoryBlobStore(options)
}

class DirectoryBlobStore implements BlobStore {
  protected readonly blobs = new Map<string, readonly Segment[]>()
  protected readonly directory: string
  private readonly keptBytes: number
  /** Reads and writes that are under way. */
  private transferCount = 0

  constructor({ directory, discard }: { directory: string; discard: boolean }) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.directory = directory
    this.keptBytes = discard ? KEPT_WHEN_DISCARDING_BYTES : Infinity
  }

  async write(source: Readable | AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const chunks = source instanceof Readable ? readWithoutDestroying(source) : source
    return this.add([await this.writeSegment(randomUUID(), chunks)])
  }

  addZeros(sizeBytes: number): StoredBlob {
    return this.add([{ file: undefined, sizeBytes }])
  }

  async concatenate(keys: readonly string[]): Promise<StoredBlob> {
    const segments = keys.flatMap((key) => this.segmentsOf(key))
    for (const key of keys) this.blobs.delete(key)
    const sizeBytes = totalSize(segments)
    if (sizeBytes <= this.keptBytes) return this.add(segments)
    await this.drop(filesOf(segments))
    return this.addZeros(sizeBytes)
  }

  open(key: string, range: Partial<ByteRange> = {}): Readable {
    const segments = this.segmentsOf(key)
    const sizeBytes = totalSize(segments)
    const { start = 0, end = sizeBytes } = range
    if (!(start >= 0 && start <= end && end <= sizeBytes)) {
      throw new RangeError(`Bytes ${start} to ${end} are not within a blob of ${sizeBytes} bytes`)
    }
    return Readable.from(this.readSegments(segments, { start, end }), { objectMode: false, highWaterMark: 1 })
  }

  async remove(key: string): Promise<void> {
    const segments = this.blobs.get(key) ?? []
    this.blobs.delete(key)
    await this.drop(filesOf(segments))
  }

  /** Removes files that no blob needs any more. */
  protected async drop(files: readonly string[]): Promise<void> {
    for (const file of files) await rm(path.join(this.directory, file), { force: true })
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
    const handle = await open(path.join(this.directory, file), 'wx', 0o600)
    let sizeBytes = 0
    this.transferCount++
    try {
      for await (const piece of gatherPieces(source, this.pieceBytes)) {
        sizeBytes += piece.length
        if (sizeBytes <= this.keptBytes) await handle.writeFile(piece)
      }
    } catch (error) {
      await handle.close()
      await this.drop([file])
      throw error
    } finally {
      this.transferCount--
    }
    await handle.close()
    if (sizeBytes <= this.keptBytes) return { file, sizeBytes }
    await this.drop([file])
    return { file: undefined, sizeBytes }
  }

  private async *readSegments(segments: readonly Segment[], range: ByteRange): AsyncGenerator<Buffer> {
    this.transferCount++
    try {
      let offset = 0
      for (const { file, sizeBytes } of segments) {
        const start = Math.max(range.start - offset, 0)
        const end = Math.min(range.end - offset, sizeBytes)
        offset += sizeBytes
        if (start >= end) continue
        if (file === undefined) yield* readZeros(end - start)
        else yield* this.readFile(path.join(this.directory, file), { start, end })
      }
    } finally {
      this.transferCount--
    }
  }

  private async *readFile(file: string, { start, end }: ByteRange): AsyncGenerator<Buffer> {
    const handle = await open(file)
    try {
      for (let position = start; position < end;) {
        const piece = Buffer.allocUnsafeSlow(Math.min(this.pieceBytes, end - position))
        const { bytesRead } = await handle.read(piece, 0, piece.length, position)
        if (bytesRead === 0) throw new RangeError(`${file} ends at ${position}`)
        yield piece.subarray(0, bytesRead)
        position += bytesRead
      }
    } finally {
      await handle.close()
    }
  }

  private get pieceBytes(): number {
    return this.transferCount <= FEW_TRANSFERS ? PIECE_BYTES.large : PIECE_BYTES.small
  }
}

/** The names under which a store keeps bytes. */
const FILE_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * A store whose directory can be saved and opened again. A file that is no longer needed stays until {@link removeFiles},
 * because what was saved last may still refer to it.
 */
export class KeptBlobStore extends DirectoryBlobStore {
  /** Files that no blob needs any more. */
  readonly removedFiles = new Set<string>()

  /**
   * Opens a store with the blobs that were saved, and removes the files of all others.
   *
   * @throws RangeError when a file is missing, or does not have its size
   */
  static async open(options: { directory: string; discard: boolean }, saved: SavedBlobs): Promise<KeptBlobStore> {
    const store = new KeptBlobStore(options)
    const known = new Set<string>()
    for (const segment of [...saved.values()].flat()) {
      if (segment.file === undefined) continue
      await checkFile(options.directory, segment.file, segment.sizeBytes)
      known.add(segment.file)
    }
    for (const [key, segments] of saved) store.blobs.set(key, segments)
    const present = (await readdir(options.directory)).filter((name) => FILE_NAME.test(name))
    await store.removeFiles(present.filter((name) => !known.has(name)))
    return store
  }

  has(key: string): boolean {
    return this.blobs.has(key)
  }

  /** Returns the given blobs in the form in which they can be saved. */
  describe(keys: Iterable<string>): SavedBlobs {
    return new Map([...keys].map((key) => [key, this.blobs.get(key) ?? []]))
  }

  async removeFiles(files: readonly string[]): Promise<void> {
    await super.drop(files)
    for (const file of files) this.removedFiles.delete(file)
  }

  protected override drop(files: readonly string[]): Promise<void> {
    for (const file of files) this.removedFiles.add(file)
    return Promise.resolve()
  }
}

async function checkFile(directory: string, file: string, sizeBytes: number): Promise<void> {
  const foundBytes = FILE_NAME.test(file) ? await sizeOf(path.join(directory, file)) : undefined
  if (foundBytes === sizeBytes) return
  const found = foundBytes === undefined ? 'is missing' : `has ${foundBytes} bytes`
  throw new RangeError(`${JSON.stringify(file)}, of ${sizeBytes} bytes, ${found}`)
}

/** The size of a file; undefined when there is none. */
async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  )
}

/**
 * Gives the bytes of the source in pieces of this size, the last one shorter, all of them in the same memory: a piece has to
 * be used before the next one is asked for. Chunks that wait together for the disk would outlive the quick rounds of
 * the garbage collector, which made 64 uploads take half as much memory again.
 */
async function* gatherPieces(source: AsyncIterable<Uint8Array>, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  let filledBytes = 0
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length;) {
      const part = chunk.subarray(taken, taken + pieceBytes - filledBytes)
      piece.set(part, filledBytes)
      taken += part.length
      filledBytes += part.length
      if (filledBytes < pieceBytes) continue
      yield piece
      filledBytes = 0
    }
  }
  if (filledBytes > 0) yield piece.subarray(0, filledBytes)
}

/**
 * Reads a stream to its end, and leaves it alone when the reader stops early. Destroying the request whose body is being
 * stored would take the connection with it, and the client would never see why the disk refused.
 */
export function readWithoutDestroying(source: Readable): AsyncIterable<Uint8Array> {
  return source.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
}

function* readZeros(sizeBytes: number): Generator<Buffer> {
  for (let left = sizeBytes; left > 0; left -= ZEROS.length) {
    yield left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS
  }
}

function totalSize(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
}

function filesOf(segments: readonly Segment[]): string[] {
  return segments.map(({ file }) => file).filter((file) => file !== undefined)
}

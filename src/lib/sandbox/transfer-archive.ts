import { Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'

/** Documents that unpack to more than this are refused: they are held in memory together. */
export const ARCHIVE_LIMIT_BYTES = 64 * 1024 * 1024

const BLOCK_BYTES = 512
const NAME_BYTES = 100
const SIZE_OFFSET = 124
const CHECKSUM_OFFSET = 148
const TYPE_OFFSET = 156
/** A larger size takes a form that older readers do not know. */
const MAX_SIZE_BYTES = 8 ** 11 - 1

/** One JSON document in an archive. Names are ours: short, and ASCII only. */
export interface ArchiveEntry {
  readonly name: string
  readonly document: unknown
}

/** Bytes in an archive, of a size that is known beforehand. */
export interface ArchiveContent {
  readonly name: string
  readonly sizeBytes: number
  readonly open: () => AsyncIterable<Uint8Array>
}

/** A file of an archive that is being read. */
export interface ArchivedFile {
  readonly name: string
  readonly sizeBytes: number
  /** To be read before the next file is asked for, whole or not at all. */
  readonly content: AsyncIterable<Buffer>
}

/** Packs documents and contents into a compressed archive (POSIX.1-1988, ustar), one by one as they are read. */
export function packArchive(entries: Iterable<ArchiveEntry | ArchiveContent>): Readable {
  const gzip = createGzip({ level: 1 })
  const tar = Readable.from(writeTar(entries), { objectMode: false })
  tar.on('error', (error) => gzip.destroy(error))
  return tar.pipe(gzip)
}

/**
 * Reads the files of an archive as they come.
 *
 * @throws RangeError or Error when it is no archive
 */
export async function* readArchive(source: AsyncIterable<Uint8Array>): AsyncGenerator<ArchivedFile, void> {
  const gunzip = createGunzip()
  const packed = Readable.from(source, { objectMode: false })
  packed.on('error', (error) => gunzip.destroy(error))
  try {
    const bytes = new ByteQueue(packed.pipe(gunzip))
    for (;;) {
      const header = await bytes.take(BLOCK_BYTES)
      if (header.length < BLOCK_BYTES || header[0] === 0) break
      const sizeBytes = Number.parseInt(readText(header, SIZE_OFFSET, 12), 8)
      if (!(sizeBytes >= 0)) throw new RangeError('The archive holds a file without a size')
      const content = bytes.stream(sizeBytes)
      const isFile = ['0', '\0', ''].includes(readText(header, TYPE_OFFSET, 1))
      if (isFile) yield { name: readText(header, 0, NAME_BYTES), sizeBytes, content }
      await drain(content)
      await bytes.take(-sizeBytes & (BLOCK_BYTES - 1))
    }
    await drain(bytes.stream(ARCHIVE_LIMIT_BYTES, { mayEnd: true }))
    if ((await bytes.take(1)).length > 0) throw new RangeError('The archive goes on after its end')
  } finally {
    packed.destroy()
    gunzip.destroy()
  }
}

/**
 * Reads the JSON documents of an archive.
 *
 * @throws RangeError for one that is too large together with those before it; SyntaxError for something else than JSON
 */
export class DocumentReader {
  private readBytes = 0

  async read({ name, sizeBytes, content }: ArchivedFile): Promise<ArchiveEntry> {
    this.readBytes += sizeBytes
    if (this.readBytes > ARCHIVE_LIMIT_BYTES) throw new RangeError('The archive is too large')
    const chunks: Buffer[] = []
    for await (const chunk of content) chunks.push(chunk)
    return { name, document: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown }
  }
}

/** Takes bytes from a stream by number. */
class ByteQueue {
  private readonly chunks: AsyncIterator<Buffer>
  private rest: Buffer = Buffer.alloc(0)

  constructor(source: Readable) {
    this.chunks = source.iterator() as AsyncIterator<Buffer>
  }

  /** So many bytes, or fewer where the stream ends. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const part of this.stream(count, { mayEnd: true })) parts.push(part)
    return Buffer.concat(parts)
  }

  /** @throws RangeError when the stream ends before, unless it may */
  async *stream(count: number, { mayEnd = false } = {}): AsyncGenerator<Buffer, void> {
    let left = count
    while (left > 0) {
      if (this.rest.length === 0) {
        const next = await this.chunks.next()
        if (next.done === true) {
          if (mayEnd) return
          throw new RangeError('The archive ends within a file')
        }
        this.rest = next.value
      }
      const part = this.rest.subarray(0, left)
      this.rest = this.rest.subarray(part.length)
      left -= part.length
      yield part
    }
  }
}

async function drain(content: AsyncIterable<Buffer>): Promise<void> {
  const chunks = content[Symbol.asyncIterator]()
  while ((await chunks.next()).done !== true);
}

async function* writeTar(entries: Iterable<ArchiveEntry | ArchiveContent>): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const { name, sizeBytes, open } = 'document' in entry ? toContent(entry) : entry
    yield writeHeader(name, sizeBytes)
    let written = 0
    for await (const chunk of open()) {
      written += chunk.length
      yield chunk
    }
    if (written !== sizeBytes) throw new RangeError(`${name} has ${written} bytes, not ${sizeBytes}`)
    yield Buffer.alloc(-sizeBytes & (BLOCK_BYTES - 1))
  }
  yield Buffer.alloc(2 * BLOCK_BYTES)
}

function toContent({ name, document }: ArchiveEntry): ArchiveContent {
  const bytes = Buffer.from(JSON.stringify(document))
  return { name, sizeBytes: bytes.length, open: () => Readable.from([bytes]) }
}

function writeHeader(name: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  if (Buffer.byteLength(name) >= NAME_BYTES) throw new RangeError(`The name ${name} is too long for an archive`)
  if (sizeBytes > MAX_SIZE_BYTES) throw new RangeError(`${name} is too large for an archive`)
  header.write(name, 0)
  header.write('0000644\0'.padEnd(8) + '0000000\0'.repeat(2), NAME_BYTES)
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, SIZE_OFFSET)
  header.write(' '.repeat(8), CHECKSUM_OFFSET)
  header.write('0', TYPE_OFFSET)
  header.write('ustar\x0000', TYPE_OFFSET + 101)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_OFFSET)
  return header
}

function readText(header: Buffer, offset: number, length: number): string {
  return header.toString('latin1', offset, offset + length).replace(/[\0 ]+$/, '')
}

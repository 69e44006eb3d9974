import { Readable } from 'node:stream'
import { createGzip, gunzipSync } from 'node:zlib'

/** An archive that unpacks to more is refused: it is held in memory as a whole. */
export const ARCHIVE_LIMIT_BYTES = 64 * 1024 * 1024

const BLOCK_BYTES = 512
const NAME_BYTES = 100
const SIZE_OFFSET = 124
const CHECKSUM_OFFSET = 148
const TYPE_OFFSET = 156

/** One JSON document in an archive. Names are ours: short, and ASCII only. */
export interface ArchiveEntry {
  readonly name: string
  readonly document: unknown
}

/** Packs documents into a compressed archive (POSIX.1-1988, ustar), one by one as they are read. */
export function packArchive(entries: Iterable<ArchiveEntry>): Readable {
  return Readable.from(writeTar(entries)).pipe(createGzip())
}

/**
 * Unpacks the files of an archive.
 *
 * @throws RangeError or Error when it is no archive, SyntaxError when it holds something else than JSON
 */
export function unpackArchive(bytes: Uint8Array): ArchiveEntry[] {
  const tar = gunzipSync(bytes, { maxOutputLength: ARCHIVE_LIMIT_BYTES })
  const entries: ArchiveEntry[] = []
  let offset = 0
  while (offset + BLOCK_BYTES <= tar.length && tar[offset] !== 0) {
    const header = tar.subarray(offset, offset + BLOCK_BYTES)
    const sizeBytes = Number.parseInt(readText(header, SIZE_OFFSET, 12), 8)
    const begin = offset + BLOCK_BYTES
    if (!(begin + sizeBytes <= tar.length)) throw new RangeError('The archive ends within a file')
    const isFile = ['0', '\0', ''].includes(readText(header, TYPE_OFFSET, 1))
    if (isFile) {
      const text = tar.subarray(begin, begin + sizeBytes).toString('utf8')
      entries.push({ name: readText(header, 0, NAME_BYTES), document: JSON.parse(text) as unknown })
    }
    offset = begin + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES
  }
  return entries
}

function* writeTar(entries: Iterable<ArchiveEntry>): Generator<Buffer> {
  for (const { name, document } of entries) {
    const content = Buffer.from(JSON.stringify(document))
    yield writeHeader(name, content.length)
    yield content
    yield Buffer.alloc(-content.length & (BLOCK_BYTES - 1))
  }
  yield Buffer.alloc(2 * BLOCK_BYTES)
}

function writeHeader(name: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  if (Buffer.byteLength(name) >= NAME_BYTES) throw new RangeError(`The name ${name} is too long for an archive`)
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

import { TAR_END_BYTES } from './tar.js'

const HEADER_BYTES = 10
const FLAG_EXTRA = 4
const FLAG_COMMENT = 16
const UNKNOWN_OS = 255
/** Go's gzip reader, which most registries and engines are built on, refuses comments of more than 511. */
const MAX_COMMENT_CHARACTERS = 500
const EXTRA_OVERHEAD_BYTES = 6

interface Content {
  readonly bytes: Buffer
  /** The deflated bytes with their CRC-32 and length. Written out, because zlib's versions differ in what they make. */
  readonly member: Buffer
}

const END_OF_ARCHIVE: Content = {
  bytes: Buffer.alloc(TAR_END_BYTES),
  member: Buffer.from('63601805a360148c540000' + '2eafb5ef' + '00040000', 'hex'),
}
const NOTHING: Content = {
  bytes: Buffer.alloc(0),
  member: Buffer.from('0300' + '00000000' + '00000000', 'hex'),
}

/** The size of the smallest gzip member there is. */
export const MIN_GZIP_BYTES = HEADER_BYTES + NOTHING.member.length

/**
 * Returns a gzip member of exactly `sizeBytes`, 20 bytes to 64 KiB, and its content, a tar without files. The header's time
 * and, for padding, a comment or an extra field (RFC 1952, section 2.3.1) are filled from `filler`, so that two members of
 * one size differ.
 *
 * From 29 bytes on the content is the two zero blocks that end a tar. Below that there is only room for none at all: Go's
 * reader takes that for an archive without files, GNU tar and Python refuse it.
 *
 * @param filler random bytes, at least as many as the size
 * @throws RangeError when there is no member of that size
 */
export function createEmptyArchive(sizeBytes: number, filler: Buffer): { bytes: Buffer; content: Buffer } {
  const content = sizeBytes < HEADER_BYTES + END_OF_ARCHIVE.member.length ? NOTHING : END_OF_ARCHIVE
  const padding = createPadding(sizeBytes - HEADER_BYTES - content.member.length, filler)
  const header = Buffer.from([0x1f, 0x8b, 8, padding.flag, ...filler.subarray(0, 4), 0, UNKNOWN_OS])
  return { bytes: Buffer.concat([header, padding.bytes, content.member]), content: content.bytes }
}

function createPadding(lengthBytes: number, filler: Buffer): { flag: number; bytes: Buffer } {
  if (lengthBytes === 0) return { flag: 0, bytes: Buffer.alloc(0) }
  const bytes = Buffer.alloc(lengthBytes)
  if (lengthBytes <= MAX_COMMENT_CHARACTERS + 1) {
    bytes.write(filler.toString('hex'), 0, lengthBytes - 1, 'latin1')
    return { flag: FLAG_COMMENT, bytes }
  }
  bytes.writeUInt16LE(lengthBytes - 2, 0)
  bytes.write('BX', 2, 'latin1')
  bytes.writeUInt16LE(lengthBytes - EXTRA_OVERHEAD_BYTES, 4)
  filler.copy(bytes, EXTRA_OVERHEAD_BYTES)
  return { flag: FLAG_EXTRA, bytes }
}

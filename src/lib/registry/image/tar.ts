export const TAR_BLOCK_BYTES = 512
/** Two blocks of zeros end an archive. */
export const TAR_END_BYTES = 2 * TAR_BLOCK_BYTES

const MAX_NAME_BYTES = 100
const MAX_OCTAL_SIZE_BYTES = 8 ** 11 - 1
/** 1 January 2000, because some readers warn of files as old as the epoch. */
const MODIFIED_UNIX_SECONDS = 946_684_800

/**
 * Returns the header block of a regular file, in the format of GNU tar: as ustar (POSIX.1-1988), with its own magic and,
 * from 8 GiB on, the size as a binary number, for which the eleven octal digits do not suffice.
 *
 * @throws RangeError when the name takes more than 100 bytes
 */
export function createTarHeader(name: string, sizeBytes: number): Buffer {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new RangeError(`Too long for a tar header: ${name}`)
  const header = Buffer.alloc(TAR_BLOCK_BYTES)
  header.write(name, 0)
  header.write('0000644\0', 100) // mode
  header.write('0000000\0', 108) // user
  header.write('0000000\0', 116) // group
  writeSize(header, sizeBytes)
  header.write(`${toOctal(MODIFIED_UNIX_SECONDS, 11)}\0`, 136)
  header.write(' '.repeat(8), 148) // the checksum is taken with blanks in its place
  header.write('0', 156) // a regular file
  header.write('ustar  \0', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${toOctal(checksum, 6)}\0 `, 148)
  return header
}

function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes <= MAX_OCTAL_SIZE_BYTES) {
    header.write(`${toOctal(sizeBytes, 11)}\0`, 124)
  } else {
    header.writeUInt8(0x80, 124)
    header.writeBigUInt64BE(BigInt(sizeBytes), 128)
  }
}

function toOctal(figure: number, digits: number): string {
  return figure.toString(8).padStart(digits, '0')
}

import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ExitCode, ExpectedError } from '../errors.js'
import type { ByteRange, ByteSource } from './byte-source.js'
import { resolveRange } from './range.js'
import { CHUNK_BYTES } from './zeros.js'

/** A file on disk is not what it was when it was planned to be read: what has been read of it is a mixture. */
export class FileChangedError extends ExpectedError {
  override readonly name = 'FileChangedError'

  constructor(path: string, what: string) {
    super(`${path} ${what}.`, {
      exitCode: ExitCode.Partial,
      tryNext: ['wait until nothing writes to the file, or take a copy of it'],
    })
  }
}

/** A link at the end of the path is not followed, and a FIFO does not block; Windows has neither flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Which state of a file is meant. */
export interface FileVersion {
  readonly sizeBytes: number
  /** Of the last change, in milliseconds since 1970, as `stat` has it. */
  readonly mtimeMs: number
}

/**
 * Returns a file on disk as a source. Each stream over it opens the file anew and reads pieces of 1 MiB. It fails with a
 * FileChangedError when there is no file to be read at this path, or when the file is of another version when reading
 * begins or when it comes to its end; and then it keeps back its last piece, so that nobody takes what was read for a
 * whole.
 */
export function fileSource(path: string, version: FileVersion): ByteSource {
  const { sizeBytes } = version
  return {
    sizeBytes,
    open: (range) =>
      Readable.from(readPieces(path, version, resolveRange(sizeBytes, range)), {
        objectMode: false,
        highWaterMark: CHUNK_BYTES,
      }),
  }
}

async function* readPieces(path: string, version: FileVersion, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  const handle = await openFile(path)
  try {
    await requireVersion(handle, path, version)
    let position = start
    while (position < end) {
      const { bytesRead, buffer } = await handle.read({
        buffer: Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position)),
        position,
      })
      position += bytesRead
      if (bytesRead === 0 || position === end) await requireVersion(handle, path, version)
      if (bytesRead === 0) throw new FileChangedError(path, `ended after ${position} of ${version.sizeBytes} bytes`)
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, OPEN_FLAGS)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException
    throw new FileChangedError(path, `cannot be read (${code})`)
  }
  throw new FileChangedError(path, 'is no file any more')
}

async function requireVersion(handle: FileHandle, path: string, version: FileVersion): Promise<void> {
  const { size, mtimeMs } = await handle.stat()
  if (size !== version.sizeBytes) {
    throw new FileChangedError(path, `changed from ${version.sizeBytes} to ${size} bytes meanwhile`)
  }
  if (mtimeMs !== version.mtimeMs) throw new FileChangedError(path, 'was written to meanwhile')
}

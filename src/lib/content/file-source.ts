import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ExitCode, ExpectedError } from '../errors.js'
import type { ByteRange, ByteSource } from './byte-source.js'
import { resolveRange } from './range.js'
import { CHUNK_BYTES } from './zeros.js'

/** A file on disk is not what it was when it was opened as a source: what has been read of it is a mixture. */
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

/**
 * Returns a file on disk as a source of the size it has now. Each stream over it opens the file anew and reads pieces of
 * 1 MiB. A stream fails when the file is another one than now, in size or time of last change, when it begins to read
 * or when it comes to its end; and then it keeps back its last piece, so that nobody takes what was read for a whole.
 *
 * @throws FileChangedError when there is no file to be read at this path (any more); so do the streams
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  const handle = await openFile(path)
  try {
    const { size: sizeBytes, mtimeMs } = await handle.stat()
    return {
      sizeBytes,
      open: (range) => {
        const pieces = readPieces(path, { sizeBytes, mtimeMs }, resolveRange(sizeBytes, range))
        return Readable.from(pieces, { objectMode: false, highWaterMark: CHUNK_BYTES })
      },
    }
  } finally {
    await handle.close()
  }
}

interface Version {
  readonly sizeBytes: number
  readonly mtimeMs: number
}

async function* readPieces(path: string, version: Version, { start, end }: ByteRange): AsyncGenerator<Buffer> {
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

async function requireVersion(handle: FileHandle, path: string, version: Version): Promise<void> {
  const { size, mtimeMs } = await handle.stat()
  if (size !== version.sizeBytes) {
    throw new FileChangedError(path, `changed from ${version.sizeBytes} to ${size} bytes while it was read`)
  }
  if (mtimeMs !== version.mtimeMs) throw new FileChangedError(path, 'was written to while it was read')
}

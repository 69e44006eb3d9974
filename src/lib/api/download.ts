import type { Readable } from 'node:stream'
import type { ByteRange } from '../content/byte-source.js'
import { UnexpectedAnswerError, type Operation } from '../http/errors.js'
import type { Instance } from './instance.js'
import { fillPath } from './paths.js'

const DOWNLOAD = '/api/v2/model/{modelId}/file/{fileId}/download'

/**
 * Reads a file's whole content in one request, which is sent again when the content breaks off.
 *
 * @param read called anew for each attempt; it must read the body to its end, or destroy it
 * @returns what `read` returns
 * @throws ResponseError 404 for an unknown file
 */
export async function readFileContent<T>(
  instance: Instance,
  { modelId, fileId, signal }: { modelId: string; fileId: string; signal?: AbortSignal },
  read: (body: Readable) => Promise<T>,
): Promise<T> {
  const headers = instance.connection.authorization()
  const options = { url: fillPath(DOWNLOAD, { modelId, fileId }), headers, isRepeatable: true, signal }
  return instance.connection.send({ method: 'GET', path: DOWNLOAD }, options, ({ body }) => read(body))
}

/**
 * Opens a file's content for reading, whole or a range of it (RFC 9110, section 14). The stream must be read to its end
 * or destroyed.
 *
 * @throws ResponseError 404 for an unknown file, 416 for a range outside the file; UnexpectedAnswerError when a range was
 *   asked for and something on the way dropped that
 */
export async function downloadFile(
  instance: Instance,
  modelId: string,
  fileId: string,
  options: { range?: ByteRange; signal?: AbortSignal } = {},
): Promise<Readable> {
  const { range, signal } = options
  const operation: Operation = { method: 'GET', path: DOWNLOAD }
  return instance.connection.send(
    operation,
    {
      url: fillPath(DOWNLOAD, { modelId, fileId }),
      headers: {
        ...instance.connection.authorization(),
        ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
      },
      isRepeatable: true,
      signal,
    },
    async ({ status, body }) => {
      if (range && status !== 206) {
        await body.dump()
        throw new UnexpectedAnswerError(operation, `a range was asked for, and the whole file answered (${status}).`)
      }
      return body
    },
  )
}

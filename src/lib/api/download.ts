import type { Readable } from 'node:stream'
import type { ByteRange } from '../content/byte-source.js'
import type { Instance } from './instance.js'
import { fillPath } from './paths.js'

const DOWNLOAD = '/api/v2/model/{modelId}/file/{fileId}/download'

/**
 * Opens a file's content for reading, whole or a range of it (RFC 9110, section 14). The stream must be read to its end
 * or destroyed.
 *
 * @throws ResponseError 404 for an unknown file, 416 for a range outside the file
 */
export async function downloadFile(
  instance: Instance,
  modelId: string,
  fileId: string,
  options: { range?: ByteRange; signal?: AbortSignal } = {},
): Promise<Readable> {
  const { range, signal } = options
  return instance.connection.send(
    { method: 'GET', path: DOWNLOAD },
    {
      url: fillPath(DOWNLOAD, { modelId, fileId }),
      headers: {
        ...instance.connection.authorization(),
        ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
      },
      isRepeatable: true,
      signal,
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- the body is handed on, not read
    async ({ body }) => body,
  )
}

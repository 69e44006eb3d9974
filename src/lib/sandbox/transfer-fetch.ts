import { BailoError } from './errors.js'
import { isOnThisMachine } from './loopback.js'
import { ARCHIVE_LIMIT_BYTES } from './transfer-archive.js'

const TIMEOUT_MS = 30_000

const UNAVAILABLE = 'Unable to get the file.'

/**
 * Fetches an archive. The server asks whatever address it is given; the sandbox asks this machine only.
 *
 * @throws BailoError 500, as the server does, when it cannot be fetched
 */
export async function fetchArchive(payloadUrl: string): Promise<Uint8Array> {
  if (!isOnThisMachine(payloadUrl)) throw new BailoError(500, UNAVAILABLE, { payloadUrl })
  const response = await fetch(payloadUrl, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw new BailoError(500, UNAVAILABLE, { payloadUrl })
  })
  const bytes = await readBody(response).catch(() => {
    throw new BailoError(500, UNAVAILABLE, { payloadUrl })
  })
  if (response.ok) return bytes
  const body = Buffer.from(bytes).toString('utf8')
  throw new BailoError(500, UNAVAILABLE, { payloadUrl, response: { status: response.status, body } })
}

async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length
    if (sizeBytes > ARCHIVE_LIMIT_BYTES) throw new RangeError('The archive is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

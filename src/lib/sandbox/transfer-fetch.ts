import { Readable } from 'node:stream'
import { BailoError } from './errors.js'
import { isOnThisMachine } from './loopback.js'

/** For all of an archive, however large: it comes from this machine. */
const TIMEOUT_MS = 600_000

const UNAVAILABLE = 'Unable to get the file.'

/** As much of an error's body is shown. */
const MAX_ERROR_CHARACTERS = 1000

/**
 * Opens an archive at an address. The server asks whatever address it is given; the sandbox asks this machine only.
 *
 * @throws BailoError 500, as the server does, when it cannot be fetched
 */
export async function fetchArchive(payloadUrl: string): Promise<Readable> {
  if (!isOnThisMachine(payloadUrl)) throw new BailoError(500, UNAVAILABLE, { payloadUrl })
  const response = await fetch(payloadUrl, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw new BailoError(500, UNAVAILABLE, { payloadUrl })
  })
  if (response.ok && response.body !== null) return Readable.fromWeb(response.body)
  const body = (await response.text().catch(() => '')).slice(0, MAX_ERROR_CHARACTERS)
  throw new BailoError(500, UNAVAILABLE, { payloadUrl, response: { status: response.status, body } })
}

import { UnknownServerError } from './errors.js'

/** The largest JSON body that the server takes; one byte more is 500, not 413 (observed). */
export const JSON_BODY_LIMIT_BYTES = 102_400

/**
 * Reads a JSON body, also that of an upload that claims to be JSON: the server's parser is in front of all routes. A body
 * that is too large is still read to its end, so that the client can finish sending and reads the answer.
 *
 * @returns the object or array; undefined for an empty body
 * @throws UnknownServerError for anything else
 */
export async function parseJsonBody(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.length
    if (sizeBytes <= JSON_BODY_LIMIT_BYTES) chunks.push(chunk)
  }
  if (sizeBytes === 0) return undefined
  if (sizeBytes > JSON_BODY_LIMIT_BYTES) throw new UnknownServerError()
  return parseObject(Buffer.concat(chunks).toString('utf8'))
}

function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Same answer as for a number or a text at the top level.
  }
  throw new UnknownServerError()
}

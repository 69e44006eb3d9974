/**
 * Content is cut at absolute multiples of this, so that a stream opened in the middle has the same pieces as the rest of
 * the whole. Senders reach memory speed with pieces of this size; with 64 KiB they reach a quarter of it.
 */
export const CHUNK_BYTES = 2 ** 20

/**
 * Returns the bytes from `position` up to `end`, or up to the next chunk boundary where that comes first. The result is
 * a view of memory that others read too: it must not be written to.
 */
export type PieceReader = (position: number, end: number) => Buffer

const zeros = Buffer.alloc(CHUNK_BYTES)

export const readZeros: PieceReader = (position, end) => {
  const lengthBytes = Math.min(CHUNK_BYTES - (position % CHUNK_BYTES), end - position)
  return lengthBytes === CHUNK_BYTES ? zeros : zeros.subarray(0, lengthBytes)
}

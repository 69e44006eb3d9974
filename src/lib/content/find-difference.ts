/**
 * Compares two streams, without holding more of them than a chunk of each. It stops at the first difference, and leaves it to
 * the caller to destroy what was not read then.
 *
 * @param onBytes called with the bytes that were found alike
 * @returns the offset of the first byte that differs, or is there on one side only; undefined when there is none
 */
export async function findDifference(
  actual: AsyncIterable<Uint8Array>,
  expected: AsyncIterable<Uint8Array>,
  onBytes?: (delta: number) => void,
): Promise<number | undefined> {
  const [left, right] = [actual[Symbol.asyncIterator](), expected[Symbol.asyncIterator]()]
  let [mine, theirs]: [Uint8Array | undefined, Uint8Array | undefined] = [new Uint8Array(), new Uint8Array()]
  for (let offset = 0; ;) {
    mine = await refill(mine, left)
    theirs = await refill(theirs, right)
    if (mine === undefined && theirs === undefined) return undefined
    if (mine === undefined || theirs === undefined) return offset
    const length = Math.min(mine.length, theirs.length)
    const [a, b] = [mine.subarray(0, length), theirs.subarray(0, length)]
    if (Buffer.compare(a, b) !== 0) return offset + a.findIndex((byte, index) => byte !== b[index])
    offset += length
    onBytes?.(length)
    mine = mine.subarray(length)
    theirs = theirs.subarray(length)
  }
}

/** The rest of a chunk, or the next one that is not empty; undefined at the end. */
async function refill(rest: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (let chunk = rest; ;) {
    if (chunk.length > 0) return chunk
    const next = await chunks.next()
    if (next.done === true) return undefined
    chunk = next.value
  }
}

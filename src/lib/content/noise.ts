import { createCipheriv, createHash } from 'node:crypto'

import { CHUNK_BYTES, type PieceReader, readZeros } from './zeros.js'

const STAMP_BYTES = 64
const SLOT_COUNT = 16
/** One chunk more than the slots, because a slice that starts late in the last slot runs past it. */
const BLOCK_BYTES = (SLOT_COUNT + 1) * CHUNK_BYTES
/** Odd, so that every shift within a slot is used before one comes again: after 16 TiB. */
const SHIFT_STEP_BYTES = 611_953

/** What the bytes of one piece of content depend on, next to the offset. */
export interface NoiseIdentity {
  readonly seed: string
  readonly name: string
  readonly sizeBytes: number
}

let latestBlock: { readonly seed: string; readonly bytes: Buffer } | undefined

/**
 * Returns the random block that all noise of a seed is cut from. Only the latest one is kept (17 MiB): a run has one
 * seed, and a stream of another keeps its own for as long as it is read.
 */
function getBlock(seed: string): Buffer {
  if (latestBlock?.seed !== seed) {
    const key = createHash('sha256')
      .update(JSON.stringify(['bailo-exp noise block', seed]))
      .digest()
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
    const bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    for (let position = 0; position < BLOCK_BYTES; position += CHUNK_BYTES) {
      cipher.update(readZeros(0, CHUNK_BYTES)).copy(bytes, position)
    }
    latestBlock = { seed, bytes }
  }
  return latestBlock.bytes
}

/**
 * Returns a reader of noise: bytes that no transport can compress and that no other seed, name or size has.
 *
 * AES-CTR alone yields less than 2 GB/s on one core, so each chunk is a 64-byte stamp of its own followed by a slice of the
 * seed's random block. Slices move on by one slot per chunk, and every time round by a further shift: bytes come again
 * after 15 MiB at the earliest, further apart than the windows of gzip (32 KiB), brotli (4 MiB) and zstd (8 MiB) reach.
 */
export function createNoiseReader({ seed, name, sizeBytes }: NoiseIdentity): PieceReader {
  // JSON keeps the parts apart: no two identities give the same text
  const identity = createHash('sha512').update(JSON.stringify(['bailo-exp noise', seed, name, sizeBytes]))
  const entry = identity.copy().digest()
  const firstSlot = entry.readUInt32LE(0) % SLOT_COUNT
  const firstShiftBytes = entry.readUInt32LE(4) % CHUNK_BYTES
  let block: Buffer | undefined

  return (position, end) => {
    const index = Math.floor(position / CHUNK_BYTES)
    const from = position % CHUNK_BYTES
    const to = Math.min(CHUNK_BYTES, from + (end - position))
    if (from < STAMP_BYTES) {
      return identity.copy().update(String(index)).digest().subarray(from, Math.min(to, STAMP_BYTES))
    }
    block ??= getBlock(seed)
    const turn = firstSlot + index
    const shiftBytes = (firstShiftBytes + Math.floor(turn / SLOT_COUNT) * SHIFT_STEP_BYTES) % CHUNK_BYTES
    const sliceStart = (turn % SLOT_COUNT) * CHUNK_BYTES + shiftBytes - STAMP_BYTES
    return block.subarray(sliceStart + from, sliceStart + to)
  }
}

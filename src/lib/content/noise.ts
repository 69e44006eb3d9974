import { createCipheriv, createHash } from 'node:crypto'

import { CHUNK_BYTES, type PieceReader, readZeros } from './zeros.js'

const STAMP_BYTES = 64
/** Slots in which a slice can start; one that starts late in the last runs on into a further one. */
const SLOT_COUNT = 16
/** Odd, so that every shift within a slot is used before one comes again: after 16 TiB. */
const SHIFT_STEP_BYTES = 611_953

/** What the bytes of one piece of content depend on, next to the offset. */
export interface NoiseIdentity {
  readonly seed: string
  readonly name: string
  readonly sizeBytes: number
}

/** AES works in blocks of this size, and CTR mode counts them (NIST SP 800-38A, section 6.5). */
const CIPHER_BLOCK_BYTES = 16
/** So many bytes are made faster than a slot, which most likely is not read again where content is so short. */
const SHORT_BYTES = 32 * 1024

/**
 * The random block that all noise of a seed is cut from. Its slots are made when they are first read, each as the cipher's
 * own output, so that nothing is copied; a few bytes are made without their slot, so that little content takes little memory.
 */
class RandomBlock {
  readonly seed: string
  readonly #key: Buffer
  readonly #slots: Buffer[] = []

  constructor(seed: string) {
    this.seed = seed
    this.#key = createHash('sha256')
      .update(JSON.stringify(['bailo-exp noise block', seed]))
      .digest()
  }

  /** The bytes from `start` up to `end`, or up to the end of a slot where that comes first. */
  read(start: number, end: number): Buffer {
    const index = Math.floor(start / CHUNK_BYTES)
    const slotStart = index * CHUNK_BYTES
    const slotEnd = slotStart + CHUNK_BYTES
    if (this.#slots[index] === undefined && end - start <= SHORT_BYTES)
      return this.#encrypt(start, Math.min(end, slotEnd))
    const slot = (this.#slots[index] ??= this.#encrypt(slotStart, slotEnd))
    return slot.subarray(start - slotStart, end - slotStart)
  }

  #encrypt(start: number, end: number): Buffer {
    const skippedBytes = start % CIPHER_BLOCK_BYTES
    const counter = Buffer.alloc(CIPHER_BLOCK_BYTES)
    counter.writeUInt32BE((start - skippedBytes) / CIPHER_BLOCK_BYTES, CIPHER_BLOCK_BYTES - 4)
    const zeros = readZeros(0, Math.min(end - start + skippedBytes, CHUNK_BYTES))
    return createCipheriv('aes-256-ctr', this.#key, counter).update(zeros).subarray(skippedBytes)
  }
}

/** Only the latest block is kept: a run has one seed, and a stream of another keeps its own for as long as it is read. */
let latestBlock: RandomBlock | undefined

function getBlock(seed: string): RandomBlock {
  if (latestBlock?.seed !== seed) latestBlock = new RandomBlock(seed)
  return latestBlock
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
  const block = getBlock(seed)

  return (position, end) => {
    const index = Math.floor(position / CHUNK_BYTES)
    const from = position % CHUNK_BYTES
    const to = Math.min(CHUNK_BYTES, from + (end - position))
    if (from < STAMP_BYTES) {
      return identity.copy().update(String(index)).digest().subarray(from, Math.min(to, STAMP_BYTES))
    }
    const turn = firstSlot + index
    const shiftBytes = (firstShiftBytes + Math.floor(turn / SLOT_COUNT) * SHIFT_STEP_BYTES) % CHUNK_BYTES
    const sliceStart = (turn % SLOT_COUNT) * CHUNK_BYTES + shiftBytes - STAMP_BYTES
    return block.read(sliceStart + from, sliceStart + to)
  }
}

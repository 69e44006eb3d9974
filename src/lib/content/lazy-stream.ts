import { Readable } from 'node:stream'

import type { ByteRange } from './byte-source.js'
import { createNoiseReader } from './noise.js'
import { resolveRange } from './range.js'
import { CHUNK_BYTES, type PieceReader, readZeros } from './zeros.js'

/** `zeros` cost nothing to make and to store; `noise` cannot be compressed and has a digest of its own. */
export type Fill = 'zeros' | 'noise'

export interface SyntheticContent {
  readonly sizeBytes: number
  readonly fill: Fill
  readonly seed: string
  /** What the content is for, such as a file name: two names give different noise. */
  readonly name: string
  /** Upper limit of the pace, for imitating a slow line. Default: as fast as the reader takes it. */
  readonly bytesPerSecond?: number
}

export interface LazyStreamOptions extends SyntheticContent {
  /** The part of the content to read. Default: everything. */
  readonly range?: Partial<ByteRange>
}

/** Parts per second of a slow line: a rate of 10 kB/s sends 1 kB ten times a second. */
const SLOW_PIECES_PER_SECOND = 10
/** Time that a reader that stalls may catch up. Late timers are made good, a longer pause does not end in a burst. */
const MAX_CATCH_UP_MS = 1000

/**
 * A stream of synthetic content of an exact size, up to 2^53 - 1 bytes, that takes no memory of its own: bytes are a pure
 * function of (seed, name, size, offset), so a stream over `range.start` is exactly the tail of the whole. At most one
 * chunk of 1 MiB is queued. The pieces are views of shared memory and must not be written to.
 *
 * @throws RangeError when the size, the range or the rate is none
 */
export class LazyStream extends Readable {
  readonly #readPiece: PieceReader
  readonly #end: number
  readonly #bytesPerSecond: number | undefined
  readonly #maxPieceBytes: number
  #position: number
  #nextDueMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ range, ...content }: LazyStreamOptions) {
    const { start, end } = resolveRange(content.sizeBytes, range)
    assertRate(content.bytesPerSecond)
    const maxPieceBytes = Math.ceil(
      Math.min(CHUNK_BYTES, (content.bytesPerSecond ?? Infinity) / SLOW_PIECES_PER_SECOND),
    )
    super({ highWaterMark: maxPieceBytes })
    this.#readPiece = content.fill === 'zeros' ? readZeros : createNoiseReader(content)
    this.#position = start
    this.#end = end
    this.#bytesPerSecond = content.bytesPerSecond
    this.#maxPieceBytes = maxPieceBytes
  }

  override _read(): void {
    if (this.#position === this.#end) {
      this.push(null)
      return
    }
    const piece = this.#readPiece(this.#position, Math.min(this.#end, this.#position + this.#maxPieceBytes))
    this.#position += piece.length
    const waitMs = this.#reserve(piece.length)
    if (waitMs > 0) this.#timer = setTimeout(() => this.push(piece), waitMs)
    else this.push(piece)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    done(error)
  }

  /** Returns how long to wait until so many bytes more are within the rate. */
  #reserve(lengthBytes: number): number {
    if (this.#bytesPerSecond === undefined) return 0
    const nowMs = performance.now()
    const busyUntilMs = this.#nextDueMs === 0 ? nowMs : Math.max(this.#nextDueMs, nowMs - MAX_CATCH_UP_MS)
    this.#nextDueMs = busyUntilMs + (lengthBytes / this.#bytesPerSecond) * 1000
    return this.#nextDueMs - nowMs
  }
}

function assertRate(bytesPerSecond: number | undefined): void {
  if (bytesPerSecond !== undefined && (!Number.isSafeInteger(bytesPerSecond) || bytesPerSecond < 1)) {
    throw new RangeError(`A rate must be a whole number of bytes per second from 1 on, got ${bytesPerSecond}`)
  }
}

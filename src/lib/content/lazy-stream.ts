import { Readable } from 'node:stream'

import type { ByteRange } from './byte-source.js'
import { createNoiseReader } from './noise.js'
import { Pacer } from './pacer.js'
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
  /** A pace that this content has in common with others; wins over one of its own. */
  readonly pacer?: Pacer | undefined
}

export interface LazyStreamOptions extends SyntheticContent {
  /** The part of the content to read. Default: everything. */
  readonly range?: Partial<ByteRange>
}

/** Parts per second of a slow line: a rate of 10 kB/s sends 1 kB ten times a second. */
const SLOW_PIECES_PER_SECOND = 10

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
  readonly #pacer: Pacer | undefined
  readonly #maxPieceBytes: number
  #position: number
  #timer: NodeJS.Timeout | undefined

  constructor({ range, ...content }: LazyStreamOptions) {
    const { start, end } = resolveRange(content.sizeBytes, range)
    const pacer =
      content.pacer ?? (content.bytesPerSecond === undefined ? undefined : new Pacer(content.bytesPerSecond))
    const maxPieceBytes = Math.ceil(Math.min(CHUNK_BYTES, (pacer?.bytesPerSecond ?? Infinity) / SLOW_PIECES_PER_SECOND))
    super({ highWaterMark: maxPieceBytes })
    this.#readPiece = content.fill === 'zeros' ? readZeros : createNoiseReader(content)
    this.#position = start
    this.#end = end
    this.#pacer = pacer
    this.#maxPieceBytes = maxPieceBytes
  }

  override _read(): void {
    if (this.#position === this.#end) {
      this.push(null)
      return
    }
    const piece = this.#readPiece(this.#position, Math.min(this.#end, this.#position + this.#maxPieceBytes))
    this.#position += piece.length
    const waitMs = this.#pacer?.reserve(piece.length) ?? 0
    if (waitMs > 0) this.#timer = setTimeout(() => this.push(piece), waitMs)
    else this.push(piece)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    done(error)
  }
}

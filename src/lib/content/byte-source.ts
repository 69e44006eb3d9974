import type { Readable } from 'node:stream'

/** A half-open range of bytes, `start` included and `end` not. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Bytes of known size that can be read again from any offset. This is what makes a retry possible without keeping the
 * payload: a transfer that broke opens the source again where the server says it stopped.
 */
export interface ByteSource {
  readonly sizeBytes: number
  /**
   * Opens a new stream over the range (default: everything).
   *
   * @throws RangeError when the range does not lie within the source
   */
  open(range?: Partial<ByteRange>): Readable
}

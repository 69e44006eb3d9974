import type { ByteRange } from './byte-source.js'

/** @throws RangeError unless the figure is a whole number of bytes that a double holds exactly */
export function assertSizeBytes(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new RangeError(
      `A size must be a whole number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}, got ${sizeBytes}`,
    )
  }
}

/**
 * Returns the range with its open ends filled in: `start` is 0 and `end` the size unless given.
 *
 * @throws RangeError when the size is none, or the range does not lie within it
 */
export function resolveRange(sizeBytes: number, { start = 0, end = sizeBytes }: Partial<ByteRange> = {}): ByteRange {
  assertSizeBytes(sizeBytes)
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || end > sizeBytes) {
    throw new RangeError(`Range ${start}..${end} does not lie within ${sizeBytes} bytes`)
  }
  return { start, end }
}

import { Readable } from 'node:stream'

import type { ByteSource } from './byte-source.js'
import { LazyStream, type SyntheticContent } from './lazy-stream.js'
import { assertSizeBytes, resolveRange } from './range.js'

/**
 * Returns synthetic content as a source: see {@link LazyStream}.
 *
 * @throws RangeError when the size is none
 */
export function syntheticSource(content: SyntheticContent): ByteSource {
  assertSizeBytes(content.sizeBytes)
  return { sizeBytes: content.sizeBytes, open: (range = {}) => new LazyStream({ ...content, range }) }
}

/** Returns bytes in memory as a source. They are not copied, so they must not change while the source is in use. */
export function bufferSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    open(range) {
      const { start, end } = resolveRange(bytes.length, range)
      return new Readable({
        read() {
          this.push(bytes.subarray(start, end))
          this.push(null)
        },
      })
    },
  }
}

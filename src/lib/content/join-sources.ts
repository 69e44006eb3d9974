import { finished, Readable } from 'node:stream'

import type { ByteRange, ByteSource } from './byte-source.js'
import { assertSizeBytes, resolveRange } from './range.js'
import { CHUNK_BYTES } from './zeros.js'

interface Section {
  readonly source: ByteSource
  readonly range: ByteRange
}

/** Reads sections one after the other; each is opened when the one before it has ended. */
class JoinedStream extends Readable {
  readonly #sections: Section[]
  #current: Readable | undefined

  constructor(sections: Section[]) {
    super({ highWaterMark: CHUNK_BYTES })
    this.#sections = sections
  }

  override _read(): void {
    if (this.#current) this.#current.resume()
    else this.#openNext()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#current?.destroy()
    done(error)
  }

  #openNext(): void {
    const section = this.#sections.shift()
    if (!section) {
      this.push(null)
      return
    }
    const current = section.source.open(section.range)
    this.#current = current
    current.on('data', (piece: Buffer) => {
      if (!this.push(piece)) current.pause()
    })
    finished(current, (error) => {
      if (error) this.destroy(error)
      else this.#openNext()
    })
  }
}

/**
 * Returns the parts one after the other as a single source. A part is opened only when it is reached, and not at all when
 * it lies outside the range.
 *
 * @throws RangeError when the parts together are larger than 2^53 - 1 bytes
 */
export function joinSources(parts: readonly ByteSource[]): ByteSource {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
  assertSizeBytes(sizeBytes)
  return {
    sizeBytes,
    open: (range) => new JoinedStream(cutSections(parts, resolveRange(sizeBytes, range))),
  }
}

function cutSections(parts: readonly ByteSource[], { start, end }: ByteRange): Section[] {
  const sections: Section[] = []
  let partStart = 0
  for (const source of parts) {
    const range = {
      start: Math.max(start - partStart, 0),
      end: Math.min(end - partStart, source.sizeBytes),
    }
    if (range.start < range.end) sections.push({ source, range })
    partStart += source.sizeBytes
  }
  return sections
}

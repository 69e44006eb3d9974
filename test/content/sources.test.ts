import { once } from 'node:events'
import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import type { ByteSource } from '../../src/lib/content/byte-source.js'
import { joinSources } from '../../src/lib/content/join-sources.js'
import { bufferSource, syntheticSource } from '../../src/lib/content/sources.js'
import { readAll } from './read-all.js'

const MIB = 2 ** 20

function noiseSource(sizeBytes: number): ByteSource {
  return syntheticSource({ sizeBytes, fill: 'noise', seed: 'seed', name: 'name' })
}

/** Returns the source, with all streams that it opened. */
function watch(source: ByteSource): { source: ByteSource; opened: Readable[] } {
  const opened: Readable[] = []
  return {
    source: {
      sizeBytes: source.sizeBytes,
      open(range) {
        const stream = source.open(range)
        opened.push(stream)
        return stream
      },
    },
    opened,
  }
}

const SOURCES: readonly (readonly [string, () => ByteSource])[] = [
  ['synthetic', () => noiseSource(MIB + 300)],
  ['buffer', () => bufferSource(Buffer.from('some bytes in memory'))],
  ['empty', () => bufferSource(new Uint8Array())],
  [
    'joined',
    () =>
      joinSources([
        bufferSource(Buffer.from('head')),
        bufferSource(new Uint8Array()),
        noiseSource(MIB + 5),
        joinSources([bufferSource(Buffer.from('mid')), noiseSource(10)]),
        bufferSource(Buffer.from('tail')),
        noiseSource(0),
      ]),
  ],
  ['joined of nothing', () => joinSources([])],
]

describe.each(SOURCES)('a %s source', (_name, create) => {
  it('has as many bytes as it says, the same each time', async () => {
    const source = create()
    const bytes = await readAll(source.open())
    expect(bytes.length).toBe(source.sizeBytes)
    expect(bytes.equals(await readAll(source.open({})))).toBe(true)
    expect(bytes.equals(await readAll(create().open()))).toBe(true)
  })

  it('opens over any range', async () => {
    const source = create()
    const whole = await readAll(source.open())
    const offsets = [0, 1, 3, 4, 5, 20, MIB, MIB + 9, MIB + 12, source.sizeBytes - 1, source.sizeBytes]
    for (const start of offsets.filter((offset) => offset >= 0 && offset <= source.sizeBytes)) {
      for (const end of offsets.filter((offset) => offset >= start && offset <= source.sizeBytes)) {
        const part = await readAll(source.open({ start, end }))
        expect(part.equals(whole.subarray(start, end)), `${start}..${end}`).toBe(true)
      }
      expect((await readAll(source.open({ start }))).equals(whole.subarray(start)), `${start}..`).toBe(true)
    }
  })

  it('refuses a range outside of it', () => {
    const source = create()
    expect(() => source.open({ start: source.sizeBytes + 1 })).toThrow(RangeError)
    expect(() => source.open({ end: source.sizeBytes + 1 })).toThrow(RangeError)
    expect(() => source.open({ start: -1 })).toThrow(RangeError)
  })
})

describe('syntheticSource', () => {
  it.each([-1, 0.5, NaN, 2 ** 53])('refuses a size of %d', (sizeBytes) => {
    expect(() => noiseSource(sizeBytes)).toThrow(RangeError)
  })
})

describe('joinSources', () => {
  it('opens a part only when the one before has ended', async () => {
    const first = watch(noiseSource(20 * MIB))
    const second = watch(bufferSource(Buffer.from('end')))
    const stream = joinSources([first.source, second.source]).open()
    expect(first.opened).toHaveLength(0)
    let openedEarly = false
    let readBytes = 0
    for await (const piece of stream as AsyncIterable<Buffer>) {
      readBytes += piece.length
      if (readBytes < 15 * MIB && second.opened.length > 0) openedEarly = true
    }
    expect(openedEarly).toBe(false)
    expect(second.opened).toHaveLength(1)
    expect(readBytes).toBe(20 * MIB + 3)
  })

  it('does not open parts outside the range', async () => {
    const parts = ['aa', 'bb', 'cc', 'dd'].map((text) => watch(bufferSource(Buffer.from(text))))
    const source = joinSources(parts.map((part) => part.source))
    expect((await readAll(source.open({ start: 2, end: 5 }))).toString()).toBe('bbc')
    expect(parts.map((part) => part.opened.length)).toEqual([0, 1, 1, 0])
  })

  it('destroys the part that is being read, and opens no further one', async () => {
    const first = watch(noiseSource(20 * MIB))
    const second = watch(noiseSource(20 * MIB))
    const stream = joinSources([first.source, second.source]).open()
    await once(stream, 'readable')
    stream.destroy()
    await once(stream, 'close')
    expect(first.opened.map((part) => part.destroyed)).toEqual([true])
    expect(second.opened).toHaveLength(0)
  })

  it('fails with the error of a part', async () => {
    const broken: ByteSource = {
      sizeBytes: 10,
      open: () =>
        new Readable({
          read() {
            this.destroy(new Error('disk is gone'))
          },
        }),
    }
    const after = watch(bufferSource(Buffer.from('x')))
    const stream = joinSources([bufferSource(Buffer.from('x')), broken, after.source]).open()
    await expect(readAll(stream)).rejects.toThrow('disk is gone')
    expect(after.opened).toHaveLength(0)
  })

  it('fails when a part closes before its end', async () => {
    const closing: ByteSource = {
      sizeBytes: 10,
      open: () =>
        new Readable({
          read() {
            this.destroy()
          },
        }),
    }
    await expect(readAll(joinSources([closing]).open())).rejects.toThrow('Premature close')
  })

  it('refuses more bytes than can be counted', () => {
    expect(() => joinSources([noiseSource(2 ** 52), noiseSource(2 ** 52)])).toThrow(RangeError)
  })
})

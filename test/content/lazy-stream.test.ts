import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Writable } from 'node:stream'
import * as zlib from 'node:zlib'

import { afterEach, describe, expect, it, vi } from 'vitest'

import type { ByteRange } from '../../src/lib/content/byte-source.js'
import { type Fill, LazyStream, type LazyStreamOptions } from '../../src/lib/content/lazy-stream.js'
import { readAll } from './read-all.js'

const MIB = 2 ** 20
const FILLS: readonly Fill[] = ['zeros', 'noise']

function open(options: Partial<LazyStreamOptions> & { sizeBytes: number }): LazyStream {
  return new LazyStream({ fill: 'noise', seed: 'seed', name: 'name', ...options })
}

function read(options: Partial<LazyStreamOptions> & { sizeBytes: number }): Promise<Buffer> {
  return readAll(open(options))
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe.each(FILLS)('a stream of %s', (fill) => {
  it.each([0, 1, 63, 64, 65, 1000, MIB - 1, MIB, MIB + 1, MIB + 63, MIB + 64, MIB + 65, 2 * MIB, 3 * MIB + 500_000])(
    'has exactly %d bytes, the same each time',
    async (sizeBytes) => {
      const bytes = await read({ sizeBytes, fill })
      expect(bytes.length).toBe(sizeBytes)
      expect(bytes.equals(await read({ sizeBytes, fill }))).toBe(true)
    },
  )

  it.each<ByteRange>([
    { start: 0, end: 0 },
    { start: 0, end: 1 },
    { start: 10, end: 20 },
    { start: 63, end: 65 },
    { start: 64, end: 64 },
    { start: MIB - 1, end: MIB + 1 },
    { start: MIB, end: 2 * MIB },
    { start: MIB + 10, end: MIB + 20 },
    { start: MIB + 100, end: 3 * MIB + 7 },
    { start: 3 * MIB + 6, end: 3 * MIB + 7 },
    { start: 3 * MIB + 7, end: 3 * MIB + 7 },
  ])('opened over $start..$end has that part of the whole', async (range) => {
    const sizeBytes = 3 * MIB + 7
    const whole = await read({ sizeBytes, fill })
    const part = await read({ sizeBytes, fill, range })
    expect(part.equals(whole.subarray(range.start, range.end))).toBe(true)
  })

  it('opened at an offset has the tail of the whole, for offsets all over it', async () => {
    const sizeBytes = 2 * MIB + 4321
    const whole = await read({ sizeBytes, fill })
    for (let start = 0; start <= sizeBytes; start += 99_991) {
      const tail = await read({ sizeBytes, fill, range: { start } })
      expect(tail.equals(whole.subarray(start)), `from ${start}`).toBe(true)
    }
  })

  it.each([2 ** 32, 10 ** 12, Number.MAX_SAFE_INTEGER])('of %d bytes ends after exactly these', async (sizeBytes) => {
    const tail = await read({ sizeBytes, fill, range: { start: sizeBytes - MIB - 5 } })
    const shorterTail = await read({ sizeBytes, fill, range: { start: sizeBytes - 5 } })
    expect(tail.length).toBe(MIB + 5)
    expect(shorterTail.equals(tail.subarray(MIB))).toBe(true)
  })

  it('queues one chunk at most while nobody reads', async () => {
    const stream = open({ sizeBytes: 100 * MIB, fill })
    let receivedBytes = 0
    const stuck = new Writable({
      highWaterMark: 1,
      write(piece: Buffer) {
        receivedBytes += piece.length
      },
    })
    stream.pipe(stuck)
    for (let turn = 0; turn < 50; turn++) await nextTurn()
    expect(receivedBytes).toBeGreaterThan(0)
    expect(stream.readableLength + stuck.writableLength).toBeLessThanOrEqual(2 * MIB)
    stream.destroy()
    stuck.destroy()
  })

  it('stops when it is destroyed', async () => {
    const stream = open({ sizeBytes: 10 ** 12, fill })
    let pieces = 0
    stream.on('data', () => {
      pieces++
      stream.destroy()
    })
    await once(stream, 'close')
    // Node still hands out the piece that was queued
    expect(pieces).toBeLessThanOrEqual(2)
    expect(stream.readableEnded).toBe(false)
  })
})

describe('zeros', () => {
  it('are zeros', async () => {
    const sizeBytes = 2 * MIB + 3
    expect((await read({ sizeBytes, fill: 'zeros' })).equals(Buffer.alloc(sizeBytes))).toBe(true)
  })
})

describe('noise', () => {
  it('is the same in every release of this tool, so that a copy can be verified later', async () => {
    expect(digest(await read({ sizeBytes: 40 * MIB + 1, seed: 'a seed', name: 'a name' }))).toBe(
      '3fefed1e5c9d659b71000c747152feabeb0c16975a040d7cd1c49ab0e9c77825',
    )
  })

  it.each([100, MIB, 3 * MIB])('of %d bytes differs by seed, name and size', async (sizeBytes) => {
    const contents = [
      await read({ sizeBytes }),
      await read({ sizeBytes, seed: 'other' }),
      await read({ sizeBytes, name: 'other' }),
      await read({ sizeBytes, seed: 'name', name: 'seed' }),
      await read({ sizeBytes, seed: 'seed","name', name: '' }),
      (await read({ sizeBytes: sizeBytes + 1 })).subarray(0, sizeBytes),
    ]
    expect(new Set(contents.map(digest)).size).toBe(contents.length)
  })

  it('of an older seed is not disturbed by a stream of a newer one', async () => {
    const expected = await read({ sizeBytes: 3 * MIB })
    const older = open({ sizeBytes: 3 * MIB })
    const newer = open({ sizeBytes: 3 * MIB, seed: 'newer' })
    const [first, second] = await Promise.all([readAll(older), readAll(newer)])
    expect(first.equals(expected)).toBe(true)
    expect(second.equals(expected)).toBe(false)
  })

  it('has no bytes that come again within 15 MiB', async () => {
    // From within the content, so that the random block is entered at several shifts
    const start = 1000 * MIB
    const bytes = await read({ sizeBytes: 2000 * MIB, range: { start, end: start + 50 * MIB } })
    const repeats: number[] = []
    for (let position = 100; position < bytes.length - MIB; position += 262_144) {
      const again = bytes.indexOf(bytes.subarray(position, position + 16), position + 1)
      if (again !== -1) repeats.push(again - position)
    }
    expect(repeats.length).toBeGreaterThan(0)
    expect(Math.min(...repeats)).toBeGreaterThanOrEqual(15 * MIB)
  })

  it('has a stamp of its own in every chunk', async () => {
    const bytes = await read({ sizeBytes: 64 * MIB })
    const stamps = Array.from({ length: 64 }, (_, index) => bytes.toString('hex', index * MIB, index * MIB + 64))
    expect(new Set(stamps).size).toBe(64)
  })

  it.for([
    ['gzip', (bytes: Buffer) => zlib.gzipSync(bytes)],
    [
      'brotli',
      (bytes: Buffer) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
    ],
    ['zstd', 'zstdCompressSync' in zlib ? (zlib.zstdCompressSync as (bytes: Buffer) => Buffer) : undefined],
  ] as const)('cannot be compressed by %s', async ([format, compress], { skip }) => {
    if (!compress) return skip(`this version of Node has no ${format}`)
    const bytes = await read({ sizeBytes: 4 * MIB })
    expect(compress(bytes).length).toBeGreaterThanOrEqual(bytes.length)
  })

  it('takes no memory that grows with its size', () => {
    const fixture = fileURLToPath(new URL('fixtures/read-noise.ts', import.meta.url))
    const output = execFileSync(process.execPath, ['--max-old-space-size=64', '--import', 'tsx', fixture])
    const { readBytes, peakRssBytes } = JSON.parse(output.toString()) as { readBytes: number; peakRssBytes: number }
    expect(readBytes).toBe(5e9)
    expect(peakRssBytes).toBeGreaterThan(0)
    expect(peakRssBytes).toBeLessThan(120e6)
  })
})

describe.each(FILLS)('a rate-limited stream of %s', (fill) => {
  afterEach(() => {
    vi.useRealTimers()
  })

  function openSlow(sizeBytes: number, bytesPerSecond: number) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const stream = open({ sizeBytes, bytesPerSecond, fill })
    const received = { bytes: 0, largestPieceBytes: 0 }
    stream.on('data', (piece: Buffer) => {
      received.bytes += piece.length
      received.largestPieceBytes = Math.max(received.largestPieceBytes, piece.length)
    })
    return { stream, received }
  }

  /** Lets time pass in steps so small that what becomes due in a step is sent in it. */
  async function pass(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 5) {
      await vi.advanceTimersByTimeAsync(5)
      await nextTurn()
    }
  }

  it('sends small pieces at its pace', async () => {
    const { stream, received } = openSlow(100_000, 10_000)
    await pass(1000)
    expect(received.bytes).toBeGreaterThan(8000)
    expect(received.bytes).toBeLessThanOrEqual(10_000)
    expect(received.largestPieceBytes).toBeLessThanOrEqual(1000)
    await pass(9200)
    expect(received.bytes).toBe(100_000)
    expect(stream.readableEnded).toBe(true)
  })

  it('has the same bytes as one without a limit', async () => {
    const sizeBytes = MIB + 5000
    const slow = await read({ sizeBytes, fill, bytesPerSecond: 100 * MIB })
    expect(slow.equals(await read({ sizeBytes, fill }))).toBe(true)
  })

  it('does not make up for a long pause with a burst', async () => {
    const { stream, received } = openSlow(10_000_000, 10_000)
    await pass(500)
    stream.pause()
    await pass(60_000)
    const beforeBytes = received.bytes
    stream.resume()
    await pass(50)
    expect(received.bytes - beforeBytes).toBeLessThanOrEqual(13_000)
    stream.destroy()
  })

  it('stops waiting when it is destroyed', async () => {
    const { stream, received } = openSlow(1000, 1)
    await pass(20)
    expect(vi.getTimerCount()).toBe(1)
    stream.destroy()
    await once(stream, 'close')
    expect(vi.getTimerCount()).toBe(0)
    await pass(5000)
    expect(received.bytes).toBe(0)
  })
})

describe('LazyStream', () => {
  it.each([
    [{ sizeBytes: -1 }],
    [{ sizeBytes: 1.5 }],
    [{ sizeBytes: NaN }],
    [{ sizeBytes: 2 ** 53 }],
    [{ sizeBytes: 10, range: { start: -1 } }],
    [{ sizeBytes: 10, range: { start: 11 } }],
    [{ sizeBytes: 10, range: { end: 11 } }],
    [{ sizeBytes: 10, range: { start: 5, end: 4 } }],
    [{ sizeBytes: 10, range: { start: 0.5 } }],
    [{ sizeBytes: 10, bytesPerSecond: 0 }],
    [{ sizeBytes: 10, bytesPerSecond: -1 }],
    [{ sizeBytes: 10, bytesPerSecond: 0.5 }],
    [{ sizeBytes: 10, bytesPerSecond: Infinity }],
  ])('refuses %j', (options) => {
    expect(() => open(options)).toThrow(RangeError)
  })
})

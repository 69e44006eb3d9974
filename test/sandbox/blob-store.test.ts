import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBlobStore, KEPT_WHEN_DISCARDING_BYTES, readWithoutDestroying } from '../../src/lib/sandbox/blob-store.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'blob-store-test-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

function streamOf(...chunks: (string | Buffer)[]): Readable {
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
}

async function* breakAfter(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
  await Promise.reject(new Error('the source broke'))
}

describe('a store that keeps bytes', () => {
  it('gives back what was written, whole and in ranges', async () => {
    const store = createBlobStore({ directory, discard: false })
    const blob = await store.write(streamOf('hello ', 'world'))
    expect(blob.sizeBytes).toBe(11)
    expect((await buffer(store.open(blob.key))).toString()).toBe('hello world')
    expect((await buffer(store.open(blob.key, { start: 4, end: 8 }))).toString()).toBe('o wo')
    expect((await buffer(store.open(blob.key, { start: 6 }))).toString()).toBe('world')
    expect((await buffer(store.open(blob.key, { start: 5, end: 5 }))).length).toBe(0)
  })

  it('creates its directory', async () => {
    const nested = path.join(directory, 'not', 'there')
    const store = createBlobStore({ directory: nested, discard: false })
    const { key } = await store.write(streamOf('x'))
    expect(await readdir(nested)).toHaveLength(1)
    expect((await buffer(store.open(key))).toString()).toBe('x')
  })

  it('keeps an empty blob', async () => {
    const store = createBlobStore({ directory, discard: false })
    const blob = await store.write(streamOf())
    expect(blob.sizeBytes).toBe(0)
    expect((await buffer(store.open(blob.key))).length).toBe(0)
  })

  it('joins parts in the given order, so that ranges cross them', async () => {
    const store = createBlobStore({ directory, discard: false })
    const parts = [
      await store.write(streamOf('one,')),
      await store.write(streamOf('')),
      await store.write(streamOf('two')),
    ]
    const blob = await store.concatenate([parts[2]!, parts[1]!, parts[0]!].map(({ key }) => key))
    expect(blob.sizeBytes).toBe(7)
    expect((await buffer(store.open(blob.key))).toString()).toBe('twoone,')
    expect((await buffer(store.open(blob.key, { start: 2, end: 5 }))).toString()).toBe('oon')
    for (const { key } of parts) expect(() => store.open(key)).toThrow(RangeError)
  })

  it('leaves nothing on disk when everything has been removed', async () => {
    const store = createBlobStore({ directory, discard: false })
    const parts = [await store.write(streamOf('a')), await store.write(streamOf('')), await store.write(streamOf('b'))]
    const joined = await store.concatenate(parts.map(({ key }) => key))
    const other = await store.write(streamOf('c'))
    await store.remove(joined.key)
    await store.remove(other.key)
    await store.remove('unknown')
    expect(await readdir(directory)).toEqual([])
  })

  it('removes the bytes of a source that breaks, and reports why', async () => {
    const store = createBlobStore({ directory, discard: false })
    await expect(store.write(breakAfter('some', 'bytes'))).rejects.toThrow('the source broke')
    expect(await readdir(directory)).toEqual([])
  })

  it('reports what the disk says', async () => {
    const store = createBlobStore({ directory: path.join(directory, 'gone'), discard: false })
    await rm(path.join(directory, 'gone'), { recursive: true })
    await expect(store.write(streamOf('a'))).rejects.toThrow('ENOENT')
  })

  it('refuses ranges outside the blob, unknown keys and a join that names one', async () => {
    const store = createBlobStore({ directory, discard: false })
    const { key } = await store.write(streamOf('abc'))
    for (const range of [{ end: 4 }, { start: -1 }, { start: 2, end: 1 }, { start: 4 }]) {
      expect(() => store.open(key, range)).toThrow(RangeError)
    }
    expect(() => store.open('unknown')).toThrow(RangeError)
    await expect(store.concatenate([key, 'unknown'])).rejects.toThrow(RangeError)
    expect((await buffer(store.open(key))).toString()).toBe('abc')
  })
})

describe('a store that discards', () => {
  const large = Buffer.alloc(KEPT_WHEN_DISCARDING_BYTES + 1, 'x')

  it('keeps small blobs as they are', async () => {
    const store = createBlobStore({ directory, discard: true })
    const small = large.subarray(1)
    const { key } = await store.write(streamOf(small))
    expect((await buffer(store.open(key))).equals(small)).toBe(true)
  })

  it('counts large blobs, leaves nothing of them on disk, and reads them as zeros', async () => {
    const store = createBlobStore({ directory, discard: true })
    const blob = await store.write(streamOf(large, large, 'end'))
    expect(blob.sizeBytes).toBe(2 * large.length + 3)
    expect(await readdir(directory)).toEqual([])
    expect((await buffer(store.open(blob.key))).equals(Buffer.alloc(blob.sizeBytes))).toBe(true)
    expect((await buffer(store.open(blob.key, { start: 1, end: 10 }))).equals(Buffer.alloc(9))).toBe(true)
  })

  it('drops small parts that make a large blob', async () => {
    const store = createBlobStore({ directory, discard: true })
    const half = large.subarray(0, 40_000)
    const parts = [await store.write(streamOf(half)), await store.write(streamOf(half))]
    const blob = await store.concatenate(parts.map(({ key }) => key))
    expect(await readdir(directory)).toEqual([])
    expect((await buffer(store.open(blob.key))).equals(Buffer.alloc(80_000))).toBe(true)
  })

  it('keeps small parts that make a small blob', async () => {
    const store = createBlobStore({ directory, discard: true })
    const parts = [await store.write(streamOf('ab')), await store.write(streamOf('cd'))]
    const blob = await store.concatenate(parts.map(({ key }) => key))
    expect((await buffer(store.open(blob.key))).toString()).toBe('abcd')
  })
})

describe('reading without destroying', () => {
  it('leaves the stream to whoever reads the rest', async () => {
    const source = streamOf('first', 'rest')
    for await (const chunk of readWithoutDestroying(source)) {
      expect(Buffer.from(chunk).toString()).toBe('first')
      break
    }
    expect(source.destroyed).toBe(false)
    expect((await buffer(source)).toString()).toBe('rest')
  })
})

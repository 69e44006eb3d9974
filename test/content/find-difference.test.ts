import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { findDifference } from '../../src/lib/content/find-difference.js'
import { syntheticSource } from '../../src/lib/content/sources.js'

const streamOf = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

it.each<[string[], string[], number | undefined]>([
  [[], [], undefined],
  [['abc', 'def'], ['a', 'bcde', 'f'], undefined],
  [['abc', '', 'def'], ['abcdef', ''], undefined],
  [['abc', 'xef'], ['ab', 'cdef'], 3],
  [['x'], ['a'], 0],
  [['abcdeX'], ['ab', 'cdef'], 5],
  [['abc'], ['abcd'], 3],
  [['abcd'], ['ab', 'c'], 3],
  [[], ['a'], 0],
])('compares %j with %j: %j', async (actual, expected, offset) => {
  let alike = 0
  expect(await findDifference(streamOf(...actual), streamOf(...expected), (delta) => (alike += delta))).toBe(offset)
  if (offset === undefined) expect(alike).toBe(actual.join('').length)
})

it('finds one byte in megabytes, where it is', async () => {
  const source = syntheticSource({ sizeBytes: 3_000_001, fill: 'noise', seed: 's', name: 'n' })
  const bytes = Buffer.concat((await source.open().toArray()) as Buffer[])
  expect(await findDifference(Readable.from([bytes]), source.open())).toBeUndefined()
  const at = 2_345_678
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  expect(await findDifference(Readable.from([bytes]), source.open())).toBe(at)
})

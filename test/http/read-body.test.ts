import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { readUpTo } from '../../src/lib/http/read-body.js'

const body = (...chunks: string[]): Readable => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

it.each([
  ['less', ['ab', 'cd'], 10, 'abcd', true],
  ['just that', ['ab', 'cd'], 4, 'abcd', true],
  ['more', ['ab', 'cd', 'ef'], 3, 'abc', false],
  ['nothing', [], 3, '', true],
])('reads a body with %s', async (_case, chunks, maxBytes, text, isWhole) => {
  const { bytes, isWhole: whole } = await readUpTo(body(...chunks), maxBytes)
  expect({ text: bytes.toString(), whole }).toEqual({ text, whole: isWhole })
})

it('lets go of a body that is too large', async () => {
  let given = 0
  const endless = new Readable({
    highWaterMark: 1,
    read() {
      given++
      this.push(Buffer.alloc(1000))
    },
  })
  await readUpTo(endless, 5000)
  expect(endless.destroyed).toBe(true)
  expect(given).toBeLessThan(20)
})

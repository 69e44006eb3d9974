import { once } from 'node:events'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { tap } from '../../src/lib/http/tap.js'
import { readAll } from '../content/read-all.js'
import { noise, sha256 } from '../support/bytes.js'
import { failureOf } from '../support/client.js'

const SIZE = 3 * 2 ** 20 + 17

it('passes everything on and shows it', async () => {
  const source = noise(SIZE)
  const shown: Uint8Array[] = []
  const passed = await readAll(tap(source.open(), (chunk) => void shown.push(chunk)))
  expect(sha256(passed)).toBe(sha256(await readAll(source.open())))
  expect(sha256(Buffer.concat(shown))).toBe(sha256(passed))
})

it('fails with the error of its source', async () => {
  const source = new Readable({ read: () => undefined })
  const tapped = tap(source, () => undefined)
  source.destroy(new Error('disk gone'))
  expect(await failureOf(readAll(tapped))).toEqual(new Error('disk gone'))
})

it('fails when its source is closed before its end', async () => {
  const source = new Readable({ read: () => undefined })
  const tapped = tap(source, () => undefined)
  source.destroy()
  expect(await failureOf(readAll(tapped))).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

it.each([undefined, new Error('connection lost')])('closes its source when it is destroyed (%s)', async (error) => {
  const source = noise(SIZE).open()
  const tapped = tap(source, () => undefined).on('error', () => undefined)
  const closed = once(source, 'close').catch(() => undefined)
  tapped.destroy(error)
  await closed
  expect(source.destroyed).toBe(true)
})

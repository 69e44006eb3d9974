import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { meterBody } from '../../src/lib/http/metered-body.js'
import { readAll } from '../content/read-all.js'
import { noise } from '../support/bytes.js'

const SIZE = 3 * 2 ** 20 + 17

it('counts a body once, however often it is opened again', async () => {
  const deltas: number[] = []
  const open = meterBody(
    () => noise(SIZE).open(),
    (delta) => void deltas.push(delta),
  )
  const total = (): number => deltas.reduce((sum, delta) => sum + delta, 0)
  const first = open()
  await once(first, 'readable')
  const partBytes = total()
  expect(partBytes).toBeGreaterThan(0)
  expect(partBytes).toBeLessThan(SIZE)
  first.destroy()
  const second = open()
  expect(total()).toBe(0)
  await readAll(second)
  expect(total()).toBe(SIZE)
})

it('does not count where nobody wants to know', () => {
  const open = (): Readable => noise(SIZE).open()
  expect(meterBody(open, undefined)).toBe(open)
})

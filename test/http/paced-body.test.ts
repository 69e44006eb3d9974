import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { paceBody } from '../../src/lib/http/paced-body.js'

/** Remembers what was asked for, and lets everything pass at once. */
function recordPace(bytesPerSecond: number) {
  const lengths: number[] = []
  const reserve = (lengthBytes: number): number => {
    lengths.push(lengthBytes)
    return 0
  }
  return { lengths, pace: { bytesPerSecond, reserve } }
}

it('passes all bytes on, in parts of a tenth of a second', async () => {
  const { lengths, pace } = recordPace(1000)
  const bytes = Buffer.from(Array.from({ length: 1050 }, (_, index) => index % 251))
  expect(await buffer(paceBody(Readable.from([bytes.subarray(0, 250), bytes.subarray(250)]), pace))).toEqual(bytes)
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(1050)
  expect(Math.max(...lengths)).toBe(100)
})

it('waits for as long as the pace says', async () => {
  const waits = [0, 30, 0]
  const startedMs = performance.now()
  const pace = { bytesPerSecond: 10, reserve: () => waits.shift() ?? 0 }
  await buffer(paceBody(Readable.from([Buffer.from('abc')]), pace))
  expect(waits).toEqual([])
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(29)
})

it('fails with its source, and ends it when it is ended', async () => {
  const { pace } = recordPace(1000)
  const broken = new Readable({ read: () => broken.destroy(new Error('broken')) })
  await expect(buffer(paceBody(broken, pace))).rejects.toThrow('broken')
  const source = new Readable({ read: () => source.push(Buffer.alloc(10)) })
  const paced = paceBody(source, pace)
  await new Promise((resolve) => paced.once('data', resolve))
  paced.destroy()
  await new Promise((resolve) => source.once('close', resolve))
  expect(source.destroyed).toBe(true)
})

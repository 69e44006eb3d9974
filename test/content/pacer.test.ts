import { describe, expect, it } from 'vitest'
import { Pacer } from '../../src/lib/content/pacer.js'
import { syntheticSource } from '../../src/lib/content/sources.js'

async function drain(source: ReturnType<typeof syntheticSource>): Promise<number> {
  let bytes = 0
  for await (const chunk of source.open()) bytes += (chunk as Uint8Array).length
  return bytes
}

describe('Pacer', () => {
  it('keeps streams that share it below the rate together', async () => {
    const pacer = new Pacer(1_000_000)
    const sources = ['a', 'b', 'c', 'd'].map((name) =>
      syntheticSource({ sizeBytes: 100_000, fill: 'zeros', seed: 's', name, pacer }),
    )
    const startedMs = performance.now()
    const sizes = await Promise.all(sources.map(drain))
    const elapsedMs = performance.now() - startedMs
    expect(sizes).toEqual([100_000, 100_000, 100_000, 100_000])
    // 400 kB at 1 MB/s; timers may be a millisecond early.
    expect(elapsedMs).toBeGreaterThan(390)
  })

  it('tells each caller to wait for those before it', () => {
    const pacer = new Pacer(1000)
    const waitsMs = [pacer.reserve(100), pacer.reserve(100), pacer.reserve(100)]
    expect(waitsMs[0]).toBeCloseTo(100, -1)
    expect((waitsMs[2] ?? 0) - (waitsMs[0] ?? 0)).toBeGreaterThan(190)
  })

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 53])('has no rate of %d', (rate) => {
    expect(() => new Pacer(rate)).toThrow(RangeError)
  })
})

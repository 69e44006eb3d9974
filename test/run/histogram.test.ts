import { execFileSync } from 'node:child_process'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCounts, encodeCounts } from '../../src/lib/run/histogram-encoding.js'
import { LatencyHistogram } from '../../src/lib/run/histogram.js'

/** From a microsecond to a day. */
const times = fc.array(fc.double({ min: 0.001, max: 86_400_000, noNaN: true }), { minLength: 1, maxLength: 300 })

function of(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

function exactPercentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? 0
}

describe('a histogram of times', () => {
  it('has the percentiles of the times themselves, to a twentieth of a percent', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(50, 95, 99), (values, percent) => {
        const exact = exactPercentile(values, percent)
        const error = Math.abs(of(values).percentile(percent) - exact)
        expect(error).toBeLessThanOrEqual(0.0005 * exact + 0.051)
      }),
    )
  })

  it('has the exact longest time, shortest time and sum', () => {
    const histogram = of([7.123456, 3000.000001, 0.4])
    expect([histogram.count, histogram.minMs, histogram.maxMs]).toEqual([3, 0.4, 3000.000001])
    expect(histogram.sumMs).toBeCloseTo(3007.523457, 6)
    expect(of([1234.56]).summary()).toEqual({ p50: 1234.6, p95: 1234.6, p99: 1234.6, max: 1234.6 })
  })

  it('has no summary without times', () => {
    expect(new LatencyHistogram().summary()).toBeUndefined()
  })

  it('is the same whether its times come in one histogram or in several that are joined', () => {
    fc.assert(
      fc.property(times, times, (left, right) => {
        const joined = of(left)
        joined.add(of(right))
        const whole = of([...left, ...right])
        expect([...joined.bins()]).toEqual([...whole.bins()])
        expect([joined.count, joined.minMs, joined.maxMs]).toEqual([whole.count, whole.minMs, whole.maxMs])
        expect(encodeCounts(joined).length).toBeGreaterThan(0)
      }),
    )
  })

  it('survives being written and read exactly', () => {
    fc.assert(
      fc.property(times, (values) => {
        const histogram = of(values)
        const { minMs, maxMs, sumMs } = histogram
        const read = decodeCounts(encodeCounts(histogram), { minMs, maxMs, sumMs })
        expect([...read.bins()]).toEqual([...histogram.bins()])
        expect(read.summary()).toEqual(histogram.summary())
      }),
    )
  })

  it('takes no more memory for a million times than for a thousand', () => {
    const histogram = of([60_000])
    const size = histogram.counts.estimatedFootprintInBytes
    for (let index = 0; index < 1_000_000; index++) histogram.record((index * 7919) % 60_000)
    expect(histogram.count).toBe(1_000_001)
    expect(histogram.counts.estimatedFootprintInBytes).toBe(size)
    expect(size).toBeLessThan(100_000)
  })

  it('loads neither WebAssembly code nor a zlib beside that of Node', () => {
    const module = path.resolve(import.meta.dirname, '../../dist/src/lib/run/histogram.js')
    const script = `
      import { createRequire } from 'node:module'
      await import(${JSON.stringify(module)})
      console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'))`
    const loaded = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(loaded).toContain('JsHistogram')
    expect(loaded).not.toMatch(/wasm|pako|assemblyscript/i)
  })
})

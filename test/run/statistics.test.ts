import { describe, expect, it } from 'vitest'
import { percentile, Statistics } from '../../src/lib/run/statistics.js'

describe('a percentile', () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

  it.each([
    [[7], 50, 7],
    [[7], 99, 7],
    [upTo(2), 50, 1],
    [upTo(3), 50, 2],
    [upTo(4), 50, 2],
    [upTo(10), 95, 10],
    [upTo(20), 95, 19],
    [upTo(21), 95, 20],
    [upTo(100), 95, 95],
    [upTo(100), 99, 99],
    [upTo(101), 99, 100],
    [upTo(1000), 99, 990],
    [upTo(5), 100, 5],
    [upTo(5), 0, 1],
  ])('of %j for %i is the value of the nearest rank, %i', (sorted, percent, value) => {
    expect(percentile(sorted, percent)).toBe(value)
  })

  it('is rounded to a tenth', () => {
    expect(percentile([1.2499], 50)).toBe(1.2)
    expect(percentile([1.25], 50)).toBe(1.3)
  })
})

describe('statistics', () => {
  it('are kept per kind, in the order in which the kinds came', () => {
    const statistics = new Statistics()
    statistics.recordDone('file', { latencyMs: 30, bytes: 100, retries: 1 })
    statistics.recordFailed('release', { retries: 2 })
    statistics.recordDone('file', { latencyMs: 10, bytes: 50, retries: 0 })
    statistics.recordFailed('file', { retries: 5 })
    expect(statistics.list()).toEqual([
      {
        kind: 'file',
        done: 2,
        skipped: 0,
        failed: 1,
        retried: 6,
        bytes: 150,
        latencyMs: { p50: 10, p95: 30, p99: 30, max: 30 },
      },
      { kind: 'release', done: 0, skipped: 0, failed: 1, retried: 2, bytes: 0 },
    ])
  })

  it('of nothing are empty', () => {
    expect(new Statistics().list()).toEqual([])
  })

  it('sort latencies as numbers', () => {
    const statistics = new Statistics()
    for (const latencyMs of [100, 9, 80]) statistics.recordDone('x', { latencyMs, bytes: 0, retries: 0 })
    expect(statistics.list()[0]?.latencyMs).toEqual({ p50: 80, p95: 100, p99: 100, max: 100 })
  })
})

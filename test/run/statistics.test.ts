import { describe, expect, it } from 'vitest'
import { Statistics } from '../../src/lib/run/statistics.js'

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

import { describe, expect, it } from 'vitest'
import { AdaptiveLimit } from '../../src/lib/run/adaptive-limit.js'

/** A server that works on some requests together, each taking a while of its own, and lets the others wait. */
interface Server {
  readonly cores: number
  readonly serviceMs: number
  /** Above so many requests under way it refuses at once. */
  readonly refusesAbove?: number
}

interface Simulation {
  /** The limit after each request. */
  readonly limits: readonly number[]
  readonly requestsPerSecond: number
}

/** Plays requests in simulated time: as many as the limit allows are always under way. */
function simulate(
  limit: AdaptiveLimit,
  { cores, serviceMs, refusesAbove = Infinity }: Server,
  count: number,
): Simulation {
  const limits: number[] = []
  const freeMs = Array.from({ length: cores }, () => 0)
  const underWay: { startedMs: number; endedMs: number; isRefused: boolean }[] = []
  let [nowMs, done] = [0, 0]
  while (done < count) {
    while (underWay.length < limit.limit) {
      if (underWay.length >= refusesAbove) {
        underWay.push({ startedMs: nowMs, endedMs: nowMs + 1, isRefused: true })
        continue
      }
      const core = freeMs.indexOf(Math.min(...freeMs))
      const endedMs = Math.max(nowMs, freeMs[core] ?? 0) + serviceMs
      freeMs[core] = endedMs
      underWay.push({ startedMs: nowMs, endedMs, isRefused: false })
    }
    underWay.sort((a, b) => a.endedMs - b.endedMs)
    const isLimitReached = underWay.length >= limit.limit
    const next = underWay.shift()
    if (next === undefined) throw new Error('nothing is under way')
    nowMs = next.endedMs
    limit.note({ ...next, kind: 'POST /x', outcome: next.isRefused ? 'refused' : 'done', isLimitReached })
    limits.push(limit.limit)
    if (!next.isRefused) done++
  }
  return { limits, requestsPerSecond: (done / nowMs) * 1000 }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('the limit', () => {
  it.each([1, 2, 4, 16])('settles where a server of %i cores is busy and little waits', (cores) => {
    const { limits, requestsPerSecond } = simulate(new AdaptiveLimit(64), { cores, serviceMs: 165 }, 2000)
    const settled = limits.slice(500)
    expect(Math.max(...settled)).toBeLessThanOrEqual(3 * cores + 1)
    expect(meanOf(settled)).toBeLessThanOrEqual(2.75 * cores)
    expect(requestsPerSecond).toBeGreaterThan(0.9 * (cores / 0.165))
  })

  it('goes down when a server refuses requests, and stays near what it takes', () => {
    const { limits } = simulate(new AdaptiveLimit(64), { cores: 64, serviceMs: 100, refusesAbove: 10 }, 2000)
    const settled = limits.slice(500)
    expect(Math.max(...settled)).toBeLessThanOrEqual(12)
    expect(meanOf(settled)).toBeGreaterThan(5)
  })

  it('goes up to its maximum, and no further, while nothing speaks against it', () => {
    const { limits } = simulate(new AdaptiveLimit(20), { cores: 1000, serviceMs: 50 }, 1000)
    expect(limits[0]).toBe(2)
    expect(limits.at(-1)).toBe(20)
    expect(new AdaptiveLimit(1).limit).toBe(1)
  })

  it('stays where it is when there is not enough to do', () => {
    const limit = new AdaptiveLimit(64)
    for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
      limit.note({ kind: 'k', startedMs: nowMs, endedMs: nowMs + 50, outcome: 'done', isLimitReached: false })
    }
    expect(limit.limit).toBe(2)
  })

  it('compares requests of one kind only, and takes no account of failures of another sort', () => {
    const limit = new AdaptiveLimit(64)
    for (let nowMs = 0; nowMs < 100_000; nowMs += 100) {
      const isSlow = (nowMs / 100) % 2 === 1
      const timing = { startedMs: nowMs, endedMs: nowMs + (isSlow ? 5000 : 5) }
      limit.note({ kind: isSlow ? 'slow' : 'fast', ...timing, outcome: 'done', isLimitReached: true })
      limit.note({ kind: 'fast', ...timing, outcome: 'failed', isLimitReached: true })
    }
    expect(limit.limit).toBe(64)
  })

  it('goes down once for all requests that are refused together, and never below one', () => {
    const limit = new AdaptiveLimit(64)
    const grow = { kind: 'k', outcome: 'done', isLimitReached: true } as const
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) limit.note({ ...grow, startedMs: nowMs, endedMs: nowMs + 5 })
    expect(limit.limit).toBe(64)
    for (let index = 0; index < 64; index++) {
      limit.note({ ...grow, outcome: 'refused', startedMs: 20_000, endedMs: 20_100 + index })
    }
    expect(limit.limit).toBe(32)
    for (let nowMs = 30_000; nowMs < 40_000; nowMs += 100) {
      limit.note({ ...grow, outcome: 'refused', startedMs: nowMs, endedMs: nowMs + 5 })
    }
    expect(limit.limit).toBe(1)
  })
})

import { percentile } from './percentile.js'

/** How long things took, in milliseconds. */
export interface Times {
  /** How many were timed. */
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** Sums up times in any order; undefined where there are none. */
export function measureTimes(timesMs: Iterable<number>): Times | undefined {
  const sorted = [...timesMs].sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  return {
    count: sorted.length,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    max: percentile(sorted, 100),
  }
}

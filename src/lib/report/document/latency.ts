import { decodeCounts, encodeCounts } from '../../run/histogram-encoding.js'
import type { LatencyHistogram } from '../../run/histogram.js'
import type { LatencyPart } from './model.js'

/** A histogram as a report has it; undefined when there are no times in it. */
export function toLatencyPart(latencies: LatencyHistogram | undefined): LatencyPart | undefined {
  if (latencies === undefined || latencies.count === 0) return undefined
  const { count, minMs, maxMs, sumMs } = latencies
  return {
    count,
    minMs: toMicrosecond(minMs),
    maxMs: toMicrosecond(maxMs),
    sumMs: toMicrosecond(sumMs),
    p50Ms: toMicrosecond(latencies.percentile(50)),
    p95Ms: toMicrosecond(latencies.percentile(95)),
    p99Ms: toMicrosecond(latencies.percentile(99)),
    histogram: encodeCounts(latencies),
  }
}

/**
 * The histogram that a report has.
 *
 * @throws Error when its counts are none
 */
export function toHistogram(part: LatencyPart): LatencyHistogram {
  const histogram = decodeCounts(part.histogram, part)
  if (histogram.count !== part.count) throw new Error(`it holds ${histogram.count} times instead of ${part.count}`)
  return histogram
}

/** All times of several parts, exactly; undefined when there are none. */
export function joinLatencies(parts: readonly (LatencyPart | undefined)[]): LatencyPart | undefined {
  let joined: LatencyHistogram | undefined
  for (const part of parts) {
    if (part === undefined) continue
    const histogram = toHistogram(part)
    if (joined === undefined) joined = histogram
    else joined.add(histogram)
  }
  return toLatencyPart(joined)
}

/** Times as reports have them. */
export function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

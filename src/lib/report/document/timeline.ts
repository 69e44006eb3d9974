import { Timeline, type TimelineBucket } from '../../run/recording/timeline.js'
import { toHistogram, toLatencyPart, toMicrosecond } from './latency.js'
import type { BucketPart, TimelinePart } from './model.js'

export function toTimelinePart({ startMs, widthMs, buckets }: Timeline): TimelinePart {
  return { startMs, widthMs, buckets: buckets.map(toBucketPart) }
}

function toBucketPart({ latencies, busyMs, ...counts }: TimelineBucket): BucketPart {
  const latency = toLatencyPart(latencies)
  return { ...counts, busyMs: toMicrosecond(busyMs), ...(latency && { latency }) }
}

/**
 * The timeline of several runs, as if they had been one.
 *
 * @param maxBuckets may be fewer than a run has
 */
export function joinTimelines(parts: readonly TimelinePart[], maxBuckets?: number): TimelinePart {
  const joined = new Timeline(maxBuckets)
  for (const part of parts) joined.add(Timeline.of(part.startMs, part.widthMs, part.buckets.map(toBucket)))
  return toTimelinePart(joined)
}

function toBucket({ latency, ...counts }: BucketPart): TimelineBucket {
  return { ...counts, ...(latency && { latencies: toHistogram(latency) }) }
}

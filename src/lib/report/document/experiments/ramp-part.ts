import type { ConcurrentFileUploadsResult } from '../../../experiments/concurrent-file-uploads/index.js'
import type { Recording } from '../../../run/recording/recorder.js'
import { joinLatencies, toLatencyPart } from '../latency.js'
import type { RampPart } from '../model.js'

/** What a report says of uploads at the same time: one row for each step of the ramp. */
export function rampPart({ planned, steps }: ConcurrentFileUploadsResult, { parts }: Recording): RampPart {
  return {
    type: 'concurrent-file-uploads',
    sizeBytes: planned.sizeBytes,
    rows: steps.map(({ concurrency, done, failed, bytes, durationMs, bytesPerSecond }, index) => {
      // The ramp is measured step by step, in this order.
      const latency = toLatencyPart(parts[index]?.tallies[0]?.latencies)
      return { concurrency, done, failed, bytes, durationMs, bytesPerSecond, ...(latency && { latency }) }
    }),
  }
}

/** What the shards of a ramp come to when all were at the same step at the same time. */
export function joinRamps(parts: readonly RampPart[]): RampPart | undefined {
  const [first] = parts
  if (first === undefined) return undefined
  const length = Math.max(...parts.map(({ rows }) => rows.length))
  const rows = Array.from({ length }, (_, index) => joinRows(parts.flatMap((part) => part.rows[index] ?? [])))
  return { type: first.type, sizeBytes: first.sizeBytes, rows }
}

function joinRows(rows: RampPart['rows']): RampPart['rows'][number] {
  const sum = (field: 'concurrency' | 'done' | 'failed' | 'bytes' | 'bytesPerSecond'): number =>
    rows.reduce((total, row) => total + row[field], 0)
  const latency = joinLatencies(rows.map((row) => row.latency))
  return {
    concurrency: sum('concurrency'),
    done: sum('done'),
    failed: sum('failed'),
    bytes: sum('bytes'),
    durationMs: Math.max(...rows.map(({ durationMs }) => durationMs)),
    bytesPerSecond: sum('bytesPerSecond'),
    ...(latency && { latency }),
  }
}

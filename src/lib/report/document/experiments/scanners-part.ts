import type { ScannersResult } from '../../../experiments/scanners/result.js'
import { LatencyHistogram } from '../../../run/histogram.js'
import { joinLatencies, toLatencyPart } from '../latency.js'
import type { ScannersPart, ScanPoint } from '../model.js'

const MAX_POINTS = 400

type ScannerPart = ScannersPart['scanners'][number]

/** What a report says of scanners: how long each took, against the size of files. */
export function scannersPart({ intervalMs, scanners, files }: ScannersResult): ScannersPart {
  return {
    type: 'scanners',
    intervalMs,
    scanners: scanners.map(({ scanner, version, states }) => {
      const latencies = new LatencyHistogram()
      const points: ScanPoint[] = []
      for (const { sizeBytes, scans } of files) {
        for (const { scanner: name, afterMs } of scans) {
          if (name !== scanner || afterMs === undefined) continue
          latencies.record(afterMs)
          points.push({ sizeBytes, afterMs })
        }
      }
      const latency = toLatencyPart(latencies)
      return {
        scanner,
        ...(version !== undefined && { version }),
        states: { ...states },
        ...(latency && { latency }),
        points: choosePoints(points),
      }
    }),
  }
}

/** What the shards of a run say of each scanner together. */
export function joinScanners(parts: readonly ScannersPart[]): ScannersPart {
  const names = new Set(parts.flatMap(({ scanners }) => scanners.map(({ scanner }) => scanner)))
  return {
    type: 'scanners',
    intervalMs: Math.max(...parts.map(({ intervalMs }) => intervalMs)),
    scanners: [...names].map((name) =>
      joinScanner(parts.flatMap(({ scanners }) => scanners.filter(({ scanner }) => scanner === name))),
    ),
  }
}

function joinScanner(parts: readonly ScannerPart[]): ScannerPart {
  const states = { clean: 0, bad: 0, skipped: 0, error: 0, unfinished: 0 }
  for (const part of parts)
    for (const state of Object.keys(states) as (keyof typeof states)[]) states[state] += part.states[state]
  const latency = joinLatencies(parts.map((part) => part.latency))
  return {
    scanner: parts[0]?.scanner ?? '',
    ...(parts[0]?.version !== undefined && { version: parts[0].version }),
    states,
    ...(latency && { latency }),
    points: choosePoints(parts.flatMap(({ points }) => points)),
  }
}

/** Some of many files: of each group of neighbours in size, the one that took longest. */
function choosePoints(points: readonly ScanPoint[]): ScanPoint[] {
  const sorted = points.toSorted((a, b) => a.sizeBytes - b.sizeBytes || a.afterMs - b.afterMs)
  const groupSize = Math.ceil(sorted.length / MAX_POINTS)
  if (groupSize <= 1) return sorted
  const chosen: ScanPoint[] = []
  for (let index = 0; index < sorted.length; index += groupSize) {
    chosen.push(sorted.slice(index, index + groupSize).reduce((a, b) => (b.afterMs > a.afterMs ? b : a)))
  }
  return chosen
}

import type { MirrorCheckResult } from '../../../experiments/mirror-check/result.js'
import type { MirrorExportResult } from '../../../experiments/mirror-export/index.js'
import { tallyKinds, type TransferReport } from '../../../experiments/mirroring/transfer-report.js'
import { LatencyHistogram } from '../../../run/histogram.js'
import { toLatencyPart, toMicrosecond } from '../latency.js'
import type { MirrorPart } from '../model.js'

type TransferPart = MirrorPart['transfers'][number]

/** What a report says of an export. */
export function mirrorExportPart({ intervalMs, transfer }: MirrorExportResult): MirrorPart {
  return { type: 'mirroring', intervalMs, transfers: [transferPart('export', transfer)] }
}

/** What a report says of a copy and of its source. */
export function mirrorCheckPart({ intervalMs, transfers, compared, content }: MirrorCheckResult): MirrorPart {
  return {
    type: 'mirroring',
    intervalMs,
    transfers: [transferPart('export', transfers.source), transferPart('import', transfers.copy)],
    ...(compared && { compared }),
    ...(content && { verified: content }),
  }
}

function transferPart(direction: TransferPart['direction'], report: TransferReport): TransferPart {
  return {
    direction,
    kinds: tallyKinds(report).map((tally) => {
      const latencies = new LatencyHistogram()
      for (const { kind, afterMs } of report.artefacts)
        if (kind === tally.kind && afterMs !== undefined) latencies.record(afterMs)
      const latency = toLatencyPart(latencies)
      return { ...tally, ...(latency && { latency }) }
    }),
    slowest: report.slowest.map(({ name, afterMs = 0 }) => ({ name, afterMs: toMicrosecond(afterMs) })),
  }
}

import type { components } from '../../../openapi/bailo-v2.js'
import { SIMULATED_VERSION } from './scan-plan.js'
import type { Scan } from './state.js'

type Contracted = components['schemas']

type SeverityCounts = Required<Contracted['SeverityCounts']>

/** What one scanner says by now, as the server shows it: without findings until it has finished. */
export function describeScan(scan: Scan): Contracted['ScanResult'] {
  const { _id, toolName, artefactKind, startsAtMs, findings } = scan
  const state = stateOf(scan)
  return {
    _id,
    id: _id,
    artefactKind,
    toolName,
    scannerVersion: SIMULATED_VERSION,
    state,
    ...(state === 'complete' && { summary: [...findings] }),
    lastRunAt: new Date(startsAtMs).toISOString(),
  }
}

/** What all scanners together say of an image by now. */
export function summariseScans(scans: readonly Scan[]) {
  const [scan] = scans
  return { state: scan === undefined ? ('notScanned' as const) : stateOf(scan), severityCounts: countSeverities(scans) }
}

/** How far a scan is. */
export function stateOf({ startsAtMs, endsAtMs, outcome }: Scan): Contracted['ScanState'] {
  const nowMs = Date.now()
  if (nowMs < startsAtMs) return 'notScanned'
  return nowMs < endsAtMs ? 'inProgress' : outcome
}

function countSeverities(scans: readonly Scan[]): SeverityCounts {
  const counts: SeverityCounts = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 }
  for (const scan of scans) {
    if (stateOf(scan) !== 'complete') continue
    for (const { severity = 'unknown' } of scan.findings) counts[severity]++
  }
  return counts
}

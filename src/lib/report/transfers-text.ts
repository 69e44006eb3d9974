import { nameKind, tallyKinds, type TransferReport } from '../experiments/mirroring/transfer-report.js'
import { formatTimes } from './run-text.js'
import { formatDuration, formatTable, shorten } from './text.js'

/** Names in lists are cut to this. */
const MAX_NAME = 50

/** How far each kind of artefact has come, and what that took; empty where there are none. */
export function formatTransfers(title: string, report: TransferReport): string {
  if (report.artefacts.length === 0) return ''
  return formatTable(
    [title, 'all', 'completed', 'failed', 'denied', 'open', 'p50 / p95 / max'],
    tallyKinds(report).map(({ kind, completed, failed, denied, open }) => {
      const counts = [completed + failed + denied + open, completed, failed, denied, open].map(String)
      return [nameKind(kind), ...counts, formatTimes(report.times.find((one) => one.kind === kind))]
    }),
  )
}

/** The artefacts that took longest; empty where nothing was timed. */
export function formatSlowest(title: string, { slowest }: TransferReport): string {
  if (slowest.length === 0) return ''
  const rows = slowest.map(({ name, afterMs }) => [shorten(name, MAX_NAME), formatDuration(afterMs ?? 0)])
  return formatTable([title, 'after'], rows)
}

/** How times were taken: from when, until what was seen, by looking how often. */
export function describeTimes(from: string, seen: string, intervalMs: number): string {
  const interval = formatDuration(intervalMs)
  return `Times are from ${from} until the ${seen} was seen. The server was asked every ${interval}, so each may be up to ${interval} too long.`
}

import type { TransferReport } from '../experiments/mirroring/transfer-report.js'
import { formatTimes } from './run-text.js'
import { countOf, formatDuration, formatTable, shorten } from './text.js'

/** In this order; a server may come to have others. */
const KINDS = ['documents', 'file', 'image']

/** Names in lists are cut to this. */
const MAX_NAME = 50

/** How far each kind of artefact has come, and what that took; empty where there are none. */
export function formatTransfers(title: string, { artefacts, times }: TransferReport): string {
  if (artefacts.length === 0) return ''
  const kinds = [...new Set([...KINDS, ...artefacts.map(({ kind }) => kind)])]
  return formatTable(
    [title, 'all', 'completed', 'failed', 'denied', 'open', 'p50 / p95 / max'],
    kinds.flatMap((kind) => {
      const statuses = artefacts.filter((one) => one.kind === kind).map(({ status }) => status)
      if (statuses.length === 0) return []
      const count = (status: string): number => statuses.filter((one) => one === status).length
      const [completed, failed, denied] = [count('completed'), count('failed'), count('denied')]
      const open = statuses.length - completed - failed - denied
      const counts = [statuses.length, completed, failed, denied, open].map(String)
      const name = kind === 'documents' ? kind : `${kind}s`
      return [[name, ...counts, formatTimes(times.find((one) => one.kind === kind))]]
    }),
  )
}

/** The artefacts that took longest; empty where nothing was timed. */
export function formatSlowest(title: string, { slowest }: TransferReport): string {
  if (slowest.length === 0) return ''
  const rows = slowest.map(({ name, afterMs }) => [shorten(name, MAX_NAME), formatDuration(afterMs ?? 0)])
  return formatTable([title, 'after'], rows)
}

/** How times were taken. */
export function describeTimes(from: string, polls: number, intervalMs: number): string {
  return `Times are from ${from} to the first of ${countOf(polls, 'listing')} that showed it completed, so up to ${formatDuration(intervalMs)} late.`
}

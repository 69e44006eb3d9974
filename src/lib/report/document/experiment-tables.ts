import { formatSize } from '../../content/size.js'
import { formatDuration } from '../text.js'
import { nameKind } from '../../experiments/mirroring/transfer-report.js'
import type { CloneReleasesPart, ExperimentPart, MirrorPart, RampPart, ScannersPart } from './model.js'
import { latencyText } from './words.js'

/** A table of text; the first column says what a row is about. */
export interface TextTable {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly note?: string
}

/** What only one experiment measures, as tables. */
export function experimentTables(part: ExperimentPart | undefined): TextTable[] {
  switch (part?.type) {
    case 'scanners':
      return [scannersTable(part)]
    case 'clone-releases':
      return cloneTables(part)
    case 'concurrent-file-uploads':
      return [rampTable(part)]
    case 'mirroring':
      return mirrorTables(part)
    case undefined:
      return []
  }
}

function scannersTable({ scanners, intervalMs }: ScannersPart): TextTable {
  return {
    title: 'Scanners',
    head: ['Scanner', 'Clean', 'Bad', 'Skipped', 'Error', 'Unfinished', 'p50 / p95 / max'],
    rows: scanners.map(({ scanner, version, states, latency }) => [
      version === undefined ? scanner : `${scanner} ${version}`,
      ...[states.clean, states.bad, states.skipped, states.error, states.unfinished].map(String),
      latency === undefined ? '' : latencyText(latency),
    ]),
    note: `Times are from the answer to the upload until a listing showed the result: up to ${formatDuration(intervalMs)} late.`,
  }
}

/** Differences and what cannot be copied are among the findings. */
function cloneTables({ source, planned, comparison, leftOut }: CloneReleasesPart): TextTable[] {
  const compared = (count: number | undefined): string => (count === undefined ? '-' : String(count))
  const tables: TextTable[] = [
    {
      title: 'Comparison with the source',
      head: ['What', 'To make', 'There already', 'Compared at the end'],
      rows: [
        ['releases', String(planned.releases), String(planned.skippedReleases), compared(comparison?.releases)],
        ['files', String(planned.files), String(planned.reusedFiles), compared(comparison?.files)],
        ['images', String(planned.images), '-', compared(comparison?.images)],
        ['layers', String(planned.layers), '-', compared(comparison?.layers)],
      ],
      note: `${concludeClone(source, comparison)} Files are compared once per release that they are in.`,
    },
  ]
  if (leftOut.count > 0) {
    const rows = leftOut.first.map((what) => [what])
    tables.push({ title: `Left out, because a copy cannot have it (${leftOut.count})`, head: ['What'], rows })
  }
  return tables
}

function concludeClone(source: string, comparison: CloneReleasesPart['comparison']): string {
  if (comparison === undefined) return `The copy was not compared with ${source}.`
  const { count } = comparison.differences
  return count === 0 ? `The copy is identical to ${source} by comparison.` : `The copy differs from ${source}.`
}

function rampTable({ rows, sizeBytes }: RampPart): TextTable {
  return {
    title: 'Uploads at the same time',
    head: ['At the same time', 'Done', 'Failed', 'Throughput', 'p50 / p95 / max'],
    rows: rows.map(({ concurrency, done, failed, bytesPerSecond, latency }) => [
      String(concurrency),
      String(done),
      String(failed),
      `${formatSize(bytesPerSecond)}/s`,
      latency === undefined ? '' : latencyText(latency),
    ]),
    note: `Each file has ${formatSize(sizeBytes)}.`,
  }
}

function mirrorTables({ transfers, intervalMs, compared, verified }: MirrorPart): TextTable[] {
  const tables = transfers.flatMap(({ direction, kinds, slowest }): TextTable[] => {
    if (kinds.length === 0) return []
    const title = direction === 'export' ? 'Export from the source' : 'Import into the copy'
    const rows = kinds.map(({ kind, completed, failed, denied, open, latency }) => [
      nameKind(kind),
      ...[completed, failed, denied, open].map(String),
      latency === undefined ? '' : latencyText(latency),
    ])
    const late = `Times are until a listing showed it completed: up to ${formatDuration(intervalMs)} late.`
    const head = ['What', 'Completed', 'Failed', 'Denied', 'Open', 'p50 / p95 / max']
    const isTimed = kinds.some(({ latency }) => latency !== undefined)
    const all: TextTable = { title, head, rows, ...(isTimed && { note: late }) }
    if (slowest.length === 0) return [all]
    const slowRows = slowest.map(({ name, afterMs }) => [name, formatDuration(afterMs)])
    return [all, { title: `${title}: what took longest`, head: ['What', 'After'], rows: slowRows }]
  })
  if (compared === undefined) return tables
  const { cards, releases, files, images } = compared
  const rows = [
    ['versions of the card', String(cards)],
    ['releases', String(releases)],
    ['files', String(files)],
    ['images', String(images)],
  ]
  const note =
    verified === undefined
      ? 'Files are compared once per release that they are in.'
      : `${verified.files} files and ${verified.layers} layers were read to their end (${formatSize(verified.bytes)}).`
  return [...tables, { title: 'Comparison with the source', head: ['What', 'Compared'], rows, note }]
}

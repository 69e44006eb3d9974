import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { ScannersResult } from '../experiments/scanners/result.js'
import { describeScan, type NotableScan, type ScannerReport } from '../experiments/scanners/scan-report.js'
import {
  formatFailures,
  formatFindings,
  formatPlannedSteps,
  formatTarget,
  formatTimes,
  formatWork,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { formatDuration, formatTable, wrapText } from './text.js'
import { describeTimes } from './transfers-text.js'

/** The summary of `scanners` for people, at most 80 columns wide where names allow. */
export function formatScanners(rawResult: ScannersResult): string {
  const result = withVisibleControls(rawResult)
  const { run, target, skipped, renamed, otherFindings } = result
  return joinBlocks(
    formatTarget('scanners', target, run),
    run.isDryRun ? formatPlannedSteps(run) : '',
    run.steps.length > 0 ? formatWork(workRows(result), run) : '',
    formatList(
      `Left out (${skipped.length})`,
      skipped.map(({ shownPath, message }) => `${shownPath} ${message}`),
    ),
    formatList(
      `Renamed, because a release takes each name once (${renamed.length})`,
      renamed.map(({ path, name }) => `${path} is ${name}`),
    ),
    formatScans(result),
    formatFailures(run),
    formatFindings(otherFindings),
  )
}

function workRows({ run }: ScannersResult) {
  const rows = [
    { label: 'releases', kind: 'release', alreadyThere: '-' },
    { label: 'files', kind: 'file', alreadyThere: '-' },
    { label: 'scans asked for', kind: 'rescan', alreadyThere: '-' },
  ]
  return rows.filter(({ kind }) => run.steps.some((step) => step.kind === kind))
}

function formatList(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return [`${title}:`, ...lines.flatMap((line) => wrapText(`- ${line}`, '  ', '    '))].join('\n')
}

function formatScans(result: ScannersResult): string {
  const { scanning, scanners, notable, run, target } = result
  if (run.isDryRun || scanning === 'nothing-to-scan') return ''
  if (scanning === 'not-asked') return 'The scanners were not waited for.'
  if (scanning === 'no-scanners') {
    return wrapText(`${target.url} has no scanner of files: nothing was scanned or waited for.`, '', '  ').join('\n')
  }
  return joinBlocks(
    formatTable(
      ['scanner', 'files', 'clean', 'bad', 'skipped', 'error', 'open', 'p50 / p95 / max'],
      scanners.map(({ scanner, files, states, times }) => {
        const { clean, bad, skipped, error, unfinished } = states
        const counts = [files, clean, bad, skipped, error, unfinished].map(String)
        return [scanner, ...counts, formatTimes(times)]
      }),
    ),
    formatSizes(scanners),
    formatMethod(result),
    notable.length === 0 ? '' : formatNotable(notable),
  )
}

/** Times by size of file, where there are files of several. */
function formatSizes(scanners: readonly ScannerReport[]): string {
  const rows = scanners
    .filter(({ timesBySize }) => timesBySize.length > 1)
    .flatMap(({ scanner, timesBySize }) =>
      timesBySize.map((times) => [
        `${scanner}, up to ${formatSize(times.upToBytes)}`,
        String(times.count),
        formatTimes(times),
      ]),
    )
  return rows.length === 0 ? '' : formatTable(['by size of file', 'results', 'p50 / p95 / max'], rows)
}

function formatMethod({ following, intervalMs, run }: ScannersResult): string {
  const { waitedMs } = following ?? {}
  const from = run.steps.some(({ kind }) => kind === 'rescan') ? 'the request' : 'the upload'
  const waited = waitedMs === undefined ? '' : ` Waited ${formatDuration(waitedMs)} after the last one.`
  return wrapText(`${describeTimes(`the answer to ${from}`, 'result', intervalMs)}${waited}`, '', '').join('\n')
}

function formatNotable(notable: readonly NotableScan[]): string {
  return [
    `${chalk.yellow('Bad, failed or unfinished')} (${notable.length}):`,
    ...notable.flatMap((scan) => {
      const after = scan.afterMs === undefined ? '' : `, after ${formatDuration(scan.afterMs)}`
      const what = `${scan.path ?? scan.name} (${formatSize(scan.sizeBytes)}) ${describeScan(scan)}${after}`
      return wrapText(`${chalk.yellow('-')} ${what}`, '  ', '    ')
    }),
  ].join('\n')
}

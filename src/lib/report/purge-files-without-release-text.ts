import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { PurgeFilesWithoutReleaseResult } from '../experiments/purge-files-without-release/index.js'
import type { Orphan, OrphanState } from '../experiments/purge-files-without-release/orphans.js'
import {
  formatFailures,
  formatFindings,
  formatLatency,
  formatPlannedSteps,
  formatTarget,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, formatDuration, formatTable, shorten, wrapText } from './text.js'

const NAME_COLUMNS = 24
const YOUNG_MS = 3_600_000

const STATES: Readonly<Record<OrphanState, string>> = {
  listed: '',
  'too-young': 'too young',
  'age-unknown': 'no age',
  incomplete: '',
  deleted: 'deleted',
  gone: 'was gone',
  'in-a-release': 'kept',
  failed: 'failed',
  'not-tried': 'not tried',
}

/** The summary of `purge-files-without-release` for people. */
export function formatPurgeFilesWithoutRelease(rawResult: PurgeFilesWithoutReleaseResult): string {
  const result = withVisibleControls(rawResult)
  const { run, target, orphans, findings } = result
  return joinBlocks(
    formatTarget('purge-files-without-release', target, run),
    formatExtent(result),
    formatOrphans(orphans),
    formatKept(orphans),
    run.isDryRun ? formatPlannedSteps(run) : '',
    formatDeletions(result),
    formatFailures(run),
    formatFindings(findings),
  )
}

/** Tables of files in no release; uploads that never finished stand apart. */
export function formatOrphans(rawOrphans: readonly Orphan[]): string {
  const orphans = withVisibleControls(rawOrphans)
  const incomplete = orphans.filter(({ isComplete }) => !isComplete)
  const young = incomplete.filter(({ ageMs = 0, state }) => ageMs < YOUNG_MS && state !== 'incomplete')
  return joinBlocks(
    formatGroup(
      'In no release',
      orphans.filter(({ isComplete }) => isComplete),
    ),
    formatGroup('Never finished uploading (deleted only with --incomplete)', incomplete),
    young.length === 0
      ? ''
      : wrapText(
          `${countOf(young.length, 'of them', 'of them')} changed less than an hour ago and may be under way; --older-than leaves such ones.`,
          '',
          '',
        ).join('\n'),
  )
}

function formatExtent({ filesInModel, filesInReleases, orphans }: PurgeFilesWithoutReleaseResult): string {
  const extent = `${countOf(filesInModel, 'file')} in the model, ${filesInReleases} of them in releases (drafts included)`
  const conclusion = orphans.length === 0 ? ` ${chalk.green('No file is without a release.')}` : ''
  return wrapText(`${extent}.${conclusion}`, '', '  ').join('\n')
}

function formatGroup(title: string, orphans: readonly Orphan[]): string {
  if (orphans.length === 0) return ''
  const table = formatTable(
    ['name', 'id', 'size', 'age', ''],
    orphans.map(({ name, id, sizeBytes, ageMs, state }) => [
      shorten(name, NAME_COLUMNS),
      id,
      sizeBytes === undefined ? '?' : formatSize(sizeBytes),
      ageMs === undefined ? '?' : formatAge(ageMs),
      STATES[state],
    ]),
  )
  return `${chalk.bold(title)}: ${countOf(orphans.length, 'file')}, ${formatTotal(orphans)}\n${table}`
}

function formatTotal(orphans: readonly Orphan[]): string {
  const total = formatSize(orphans.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0))
  const unknown = orphans.filter(({ sizeBytes }) => sizeBytes === undefined).length
  return unknown === 0 ? total : `${total} and ${unknown} of unknown size`
}

function formatKept(orphans: readonly Orphan[]): string {
  const count = orphans.filter(({ state }) => state === 'in-a-release').length
  if (count === 0) return ''
  return `${countOf(count, 'file')} kept: put into a release since the list was read.`
}

function formatDeletions({ run, orphans, confirmation }: PurgeFilesWithoutReleaseResult): string {
  if (confirmation !== 'given') return ''
  const gone = orphans.filter(({ state }) => state === 'deleted' || state === 'gone')
  const latency = formatLatency(run.steps.find(({ kind }) => kind === 'delete'))
  const times = latency === '' ? '' : `, p50 / p95 ${latency}`
  return wrapText(
    `${chalk.bold('Deleted')} ${countOf(gone.length, 'file')}, ${formatTotal(gone)}, in ${formatDuration(run.durationMs)}${times}, ${countOf(run.retries, 'retry', 'retries')}.`,
    '',
    '  ',
  ).join('\n')
}

/** In the largest whole unit: `3 d`, `20 min`. */
function formatAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return '< 1 min'
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { Finding, TargetModel } from '../experiments/result.js'
import type { Times } from '../experiments/times.js'
import { showControls } from '../http/server-text.js'
import type { RunReport } from '../run/run.js'
import type { KindStatistics } from '../run/statistics.js'
import { countOf, formatDuration, formatTable, wrapText } from './text.js'

/**
 * A copy of a result in which control characters are escaped: names in it come from a server or a file, and must not take
 * effect on the terminal.
 */
export function withVisibleControls<T>(result: T): T {
  const show = (_key: string, value: unknown): unknown => (typeof value === 'string' ? showControls(value) : value)
  return JSON.parse(JSON.stringify(result), show) as T
}

/** The first line of a summary: what was run, and where. */
export function formatTarget(verb: string, { url, modelId, isNew }: TargetModel, run: RunReport): string {
  const where = modelId === '' ? `at ${url}` : `in ${modelId} at ${url}`
  const lines = wrapText(`${chalk.bold(run.isDryRun ? `Would run: ${verb}` : verb)} ${where}`, '', '  ')
  if (isNew && !run.isDryRun) lines.push('The model was created.')
  return lines.join('\n')
}

/** One row of the table of what was made. */
export interface WorkRow {
  readonly label: string
  /** Kind of the steps that are counted. */
  readonly kind: string
  /** How many were there before; a dash where that is not known. */
  readonly alreadyThere: number | string
}

/** What was made, what was there and what failed, with times per step; then bytes, time and retries. */
export function formatWork(rows: readonly WorkRow[], run: RunReport): string {
  const kinds = new Map(run.steps.map((kind) => [kind.kind, kind]))
  const isContinued = run.steps.some(({ skipped }) => skipped > 0)
  const table = formatTable(
    ['', 'made', ...(isContinued ? ['made before'] : []), 'there already', 'failed', 'p50 / p95'],
    rows.map(({ label, kind, alreadyThere }) => {
      const statistics = kinds.get(kind)
      const { done = 0, skipped = 0, failed = 0 } = statistics ?? {}
      const before = isContinued ? [String(skipped)] : []
      return [label, String(done), ...before, String(alreadyThere), String(failed), formatLatency(statistics)]
    }),
  )
  const bytes = run.steps.reduce((total, kind) => total + kind.bytes, 0)
  const sent = bytes > 0 ? describeSending(bytes, run.transferMs) : formatDuration(run.durationMs)
  const retries = countOf(run.retries, 'retry', 'retries')
  const settled = run.settledConcurrency === undefined ? '' : `, ${run.settledConcurrency} at a time at the end`
  return `${table}\n\n${sent}, ${retries}${settled}`
}

/** What was sent, in the time that sending took; with a rate where that is long enough to tell one. */
export function describeSending(bytes: number, transferMs: number): string {
  const isTelling = transferMs >= 1000 || (transferMs >= 100 && bytes >= 2 ** 20)
  const rate = bytes > 0 && isTelling ? ` (${formatSize((bytes / transferMs) * 1000)}/s)` : ''
  return `${formatSize(bytes)} sent in ${formatDuration(transferMs)}${rate}`
}

/** Median and 95th percentile; empty where nothing was done. */
export function formatLatency(statistics: KindStatistics | undefined): string {
  const times = statistics?.latencyMs
  return times === undefined ? '' : `${formatDuration(times.p50)} / ${formatDuration(times.p95)}`
}

/** Median, 95th percentile and longest time; empty where nothing was timed. */
export function formatTimes(times: Times | undefined): string {
  if (times === undefined) return ''
  return [times.p50, times.p95, times.max].map(formatDuration).join(' / ')
}

/** The steps of a dry run, and how much they would transfer where that is anything. */
export function formatPlannedSteps({ planned, plannedBytes }: RunReport): string {
  const extent = `${countOf(planned.length, 'step')}${plannedBytes > 0 ? `, ${formatSize(plannedBytes)}` : ''}`
  return [...planned.map((key) => `  ${key}`), `${extent}; a dry run changes nothing.`].join('\n')
}

/** The steps that failed, with what to try, and how many were not come to; empty when all were made. */
export function formatFailures(run: RunReport): string {
  return joinBlocks(formatFailedSteps(run), formatNotMade(run))
}

/** How many steps a run that ended early has not made; empty where all were tried. */
export function formatNotMade({ isStopped, isContinued, stepsExpected, stepsDone, failed }: RunReport): string {
  const open = stepsExpected - stepsDone
  const endedEarly = isStopped || failed.length > 0
  if (!endedEarly || open <= failed.length) return ''
  const what = isContinued ? 'Not made, or not looked at again' : 'Not made'
  return `${what}: ${open} of ${countOf(stepsExpected, 'step')}.`
}

function formatFailedSteps(run: RunReport): string {
  if (run.failed.length === 0) return ''
  return [
    chalk.red('Failed:'),
    ...run.failed.flatMap(({ key, message, tryNext }) => [
      ...wrapText(`${chalk.red('-')} ${key}: ${message}`, '  ', '    '),
      ...tryNext.flatMap((hint) => wrapText(`Try: ${hint}.`, '    ', '    ')),
    ]),
    ...(run.resume === undefined
      ? ['Run the same command again to do the rest: what is there is found and not made twice.']
      : ['To do the rest:', `  ${run.resume}`]),
  ].join('\n')
}

/** What is not as it was to be made, one paragraph each; empty when all is. */
export function formatFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return ''
  return [
    chalk.red(`Not as asked for (${countOf(findings.length, 'finding')}):`),
    ...findings.flatMap(({ subject, message, tryNext }) => [
      ...wrapText(`${chalk.red('-')} ${subject} ${message}`, '  ', '    '),
      ...(tryNext === undefined ? [] : wrapText(`Try: ${tryNext}.`, '    ', '    ')),
    ]),
  ].join('\n')
}

/**
 * What the check at the end has shown: the confirmation only where all was made and all of it was read again. What failed
 * and what was found is told of elsewhere.
 */
export function formatVerdict(run: RunReport, findings: readonly Finding[], confirmation: string): string {
  if (run.isDryRun) return ''
  if (run.isStopped) return 'Not checked: the run did not come to its end.'
  return run.failed.length > 0 || findings.length > 0 ? '' : wrapText(confirmation, '', '  ').join('\n')
}

/** Joins the parts of a summary that are not empty. */
export function joinBlocks(...blocks: readonly string[]): string {
  return blocks.filter((block) => block !== '').join('\n\n')
}

import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { ConcurrentFileUploadsResult } from '../experiments/concurrent-file-uploads/index.js'
import type { RampStep } from '../experiments/concurrent-file-uploads/ramp-step.js'
import { writeFailureLimit, type Thresholds } from '../experiments/concurrent-file-uploads/thresholds.js'
import type { RunReport } from '../run/run.js'
import {
  formatFindings,
  formatNotMade,
  formatPlannedSteps,
  formatTarget,
  formatVerdict,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, formatDuration, formatTable, wrapText } from './text.js'

/** The summary of `concurrent-file-uploads` for people, at most 80 columns wide. */
export function formatConcurrentFileUploads(rawResult: ConcurrentFileUploadsResult): string {
  const result = withVisibleControls(rawResult)
  const { experiment, target, run, steps, findings } = result
  return joinBlocks(
    formatTarget(experiment, target, run),
    run.isDryRun ? formatPlannedSteps(run) : '',
    steps.length > 0 ? formatSteps(steps) : '',
    steps.length > 0 ? formatExtent(result) : '',
    formatReasons(run),
    formatNotMade(run),
    formatFindings(findings),
    // Which failures are too many is for the findings to say.
    steps.length > 0 ? formatVerdict({ ...run, failed: [] }, findings, describeConfirmation(result)) : '',
  )
}

function formatSteps(steps: readonly RampStep[]): string {
  const time = (ms: number | undefined): string => (ms === undefined ? '' : formatDuration(ms))
  const isContinued = steps.some(({ skipped }) => skipped > 0)
  return formatTable(
    ['at the same time', 'made', ...(isContinued ? ['made before'] : []), 'failed', 'throughput', 'p50', 'p95', 'p99'],
    steps.map(({ concurrency, done, skipped, failed, bytes, bytesPerSecond, latencyMs }) => [
      String(concurrency),
      String(done),
      ...(isContinued ? [String(skipped)] : []),
      String(failed),
      bytes > 0 ? `${formatSize(bytesPerSecond)}/s` : '',
      time(latencyMs?.p50),
      time(latencyMs?.p95),
      time(latencyMs?.p99),
    ]),
  )
}

function formatExtent({ planned, steps, run, filePrefix, leftovers }: ConcurrentFileUploadsResult): string {
  const bytes = steps.reduce((total, step) => total + step.bytes, 0)
  const done = steps.reduce((total, step) => total + step.done, 0)
  const left = leftovers > 0 ? ` Failed uploads left ${countOf(leftovers, 'file')} more.` : ''
  return wrapText(
    `${countOf(done, 'file')} of ${formatSize(planned.sizeBytes)}, ${formatSize(bytes)} together, in ${formatDuration(run.durationMs)}, ${countOf(run.retries, 'retry', 'retries')}. Their names begin with ${filePrefix}.${left}`,
    '',
    '  ',
  ).join('\n')
}

/** Why uploads failed: each reason once, with how many failed for it. */
function formatReasons({ failed }: RunReport): string {
  if (failed.length === 0) return ''
  const counts = new Map<string, number>()
  for (const { message } of failed) counts.set(message, (counts.get(message) ?? 0) + 1)
  return [
    chalk.red('Failed:'),
    ...[...counts].flatMap(([message, count]) => wrapText(`${chalk.red('-')} ${count} x ${message}`, '  ', '    ')),
  ].join('\n')
}

function describeConfirmation({ uploaded, thresholds }: ConcurrentFileUploadsResult): string {
  const extent = `${countOf(uploaded, 'file')} with their exact size`
  return `${chalk.green('As asked for')} by one listing: ${extent}. ${describeThresholds(thresholds)}`
}

function describeThresholds({ maxFailures, maxP95Ms }: Thresholds): string {
  const limits = [`--max-failures ${writeFailureLimit(maxFailures)}`]
  if (maxP95Ms !== undefined) limits.push(`--max-p95 ${formatDuration(maxP95Ms)}`)
  return `Within ${limits.join(' and ')}.`
}

import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { EndTransfers, MirrorCheckResult } from '../experiments/mirror-check/result.js'
import {
  formatFailures,
  formatFindings,
  formatLatency,
  formatPlannedSteps,
  formatVerdict,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, formatDuration, formatTable, wrapText } from './text.js'
import { describeTimes, formatSlowest, formatTransfers } from './transfers-text.js'

/** The summary of `mirror-check` for people, at most 80 columns wide where names allow. */
export function formatMirrorCheck(rawResult: MirrorCheckResult): string {
  const result = withVisibleControls(rawResult)
  const { run, transfers, findings, following, intervalMs } = result
  const isTimed = [transfers.source, transfers.copy].some(({ times }) => times.length > 0)
  return joinBlocks(
    formatHeading(result),
    formatTransfers('exported', transfers.source),
    formatTransfers('imported', transfers.copy),
    formatSlowest('slowest to arrive', transfers.copy),
    following !== undefined && isTimed
      ? wrapText(describeTimes('the first look', 'end', intervalMs), '', '').join('\n')
      : '',
    run.isDryRun && run.planned.length > 0 ? formatPlannedSteps(run) : '',
    formatContent(result),
    formatFailures(run),
    formatFindings(findings),
    formatComparison(result),
  )
}

function formatHeading({ source, target, transfers, run }: MirrorCheckResult): string {
  const verb = run.isDryRun ? 'Would check the mirror' : 'Mirror check'
  const fromUrl = source.url === target.url ? '' : ` at ${source.url}`
  return [
    ...wrapText(`${chalk.bold(verb)} of ${source.modelId}${fromUrl} in ${target.modelId} at ${target.url}`, '', '  '),
    ...describeNewest('export', transfers.source),
    ...describeNewest('import', transfers.copy),
  ].join('\n')
}

function describeNewest(what: string, { newest }: EndTransfers): string[] {
  if (newest === undefined) return [`There is no ${what}.`]
  const took = newest.tookMs === undefined ? '' : `, ${formatDuration(newest.tookMs)} after it began`
  return wrapText(`Newest ${what}: ${newest.status.replaceAll('_', ' ')}${took} (${newest.id})`, '', '  ')
}

/** What was read of the copy. */
function formatContent({ content, run }: MirrorCheckResult): string {
  if (content === undefined) return ''
  const rows = (['file', 'layer'] as const).flatMap((kind) => {
    const statistics = run.steps.find((step) => step.kind === kind)
    if (statistics === undefined) return []
    const { done, skipped, failed } = statistics
    return [[`${kind}s read`, String(done + skipped), String(failed), formatLatency(statistics)]]
  })
  return `${formatTable(['content', 'done', 'failed', 'p50 / p95'], rows)}\n\n${formatSize(content.bytes)} compared, ${formatDuration(run.durationMs)} in all`
}

function formatComparison({ compared, content, findings, run }: MirrorCheckResult): string {
  // A dry run compares, too, but for the content.
  const comparing = { ...run, isDryRun: false }
  if (compared === undefined) return formatVerdict(comparing, findings, '')
  const extent = [
    countOf(compared.cards, 'card version'),
    countOf(compared.releases, 'release'),
    `${countOf(compared.files, 'file')} in them by name and size`,
    `${countOf(compared.images, 'image')} by digest`,
    ...(content === undefined
      ? []
      : [`all bytes of ${countOf(content.files, 'file')} and ${countOf(content.layers, 'layer')}`]),
  ].join(', ')
  return formatVerdict(comparing, findings, `${chalk.green('The same')} in the copy as in the source: ${extent}.`)
}

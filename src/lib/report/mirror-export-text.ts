import type { MirrorExportResult } from '../experiments/mirror-export/index.js'
import {
  formatFailures,
  formatFindings,
  formatPlannedSteps,
  formatTarget,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, wrapText } from './text.js'
import { describeTimes, formatSlowest, formatTransfers } from './transfers-text.js'

/** Releases are named as long as they are so few. */
const MAX_NAMED = 8

/** The summary of `mirror-export` for people, at most 80 columns wide where names allow. */
export function formatMirrorExport(rawResult: MirrorExportResult): string {
  const result = withVisibleControls(rawResult)
  const { run, target, transfer, findings, following, intervalMs } = result
  return joinBlocks(
    formatTarget('mirror-export', target, run),
    formatExtent(result),
    run.isDryRun ? formatPlannedSteps(run) : '',
    formatTransfers('exported', transfer),
    formatSlowest('slowest', transfer),
    following !== undefined && transfer.times.length > 0
      ? wrapText(describeTimes('the answer to the request', 'end', intervalMs), '', '').join('\n')
      : '',
    formatFailures(run),
    formatFindings(findings),
  )
}

function formatExtent({ run, destinationModelId, releases, disclaimer, transferId }: MirrorExportResult): string {
  const names = releases.length === 0 || releases.length > MAX_NAMED ? '' : `: ${releases.join(', ')}`
  const lines = wrapText(
    `To ${destinationModelId}: the card and ${countOf(releases.length, 'release')}${names}`,
    '',
    '  ',
  )
  if (transferId !== undefined) lines.push(`Transfer ${transferId}`)
  if (run.isDryRun && disclaimer !== undefined)
    lines.push(...wrapText(`Disclaimer to agree to: ${disclaimer}`, '', '  '))
  return lines.join('\n')
}

import chalk from 'chalk'
import type { CleanupPlan, CleanupResult } from '../experiments/cleanup/index.js'
import { formatFailures, formatFindings, joinBlocks, withVisibleControls } from './run-text.js'
import { countOf, wrapText } from './text.js'

/** What a cleanup is about to do, for the question whether it should. */
export function formatCleanupPlan(rawPlan: CleanupPlan): string {
  const { removed, kept } = withVisibleControls(rawPlan)
  return joinBlocks(
    formatList('To be removed:', removed),
    formatList(
      'Kept:',
      kept.map(({ what, reason }) => `${what}, because it ${reason}`),
    ),
  )
}

/** The summary of `cleanup` for people, at most 80 columns wide where names allow. */
export function formatCleanup(rawResult: CleanupResult): string {
  const result = withVisibleControls(rawResult)
  const { runId, command, url, removed, gone, spentVersions, clearedKeys, staleKeys, run, findings } = result
  const verb = run.isDryRun ? 'Would clean up' : 'Cleanup of'
  const heading = wrapText(`${chalk.bold(verb)} the run ${runId} of ${command} at ${url}`, '', '  ')
  const isAllLookedAt = !run.isStopped && findings.length === 0 && run.failed.length === 0
  if (isAllLookedAt && removed.length === 0) {
    heading.push('Nothing to do: nothing is left of what it made.')
  }
  return joinBlocks(
    heading.join('\n'),
    formatList(run.isDryRun ? 'Would be removed:' : `Removed (${countOf(removed.length, 'thing')}):`, removed),
    gone.length === 0 ? '' : `${countOf(gone.length, 'thing')} had been removed before.`,
    ...spentVersions.map(({ modelId, semvers }) =>
      wrapText(
        `These versions can never be used again in ${modelId}, because Bailo takes none twice: ${semvers.join(', ')}.`,
        '',
        '  ',
      ).join('\n'),
    ),
    ...clearedKeys.map(({ file, key, modelId }) =>
      wrapText(`${key} in ${file}, which named ${modelId}, is empty now.`, '', '  ').join('\n'),
    ),
    ...staleKeys.map(({ key, modelId }) =>
      wrapText(`${key} still names ${modelId}, which is gone: take it out.`, '', '  ').join('\n'),
    ),
    formatFailures(run),
    formatFindings(findings),
  )
}

function formatList(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return [title, ...lines.flatMap((line) => wrapText(`- ${line}`, '  ', '    '))].join('\n')
}

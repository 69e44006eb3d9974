import chalk from 'chalk'
import type { CloneReleasesResult } from '../experiments/clone-releases/index.js'
import {
  formatFailures,
  formatPlannedSteps,
  formatVerdict,
  formatWork,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, wrapText } from './text.js'

const DRY_RUN_CAVEAT = 'Whether the destination has deleted one of these versions shows only in a real run.'

/** The summary of `clone-releases` for people, at most 80 columns wide where names allow. */
export function formatCloneReleases(rawResult: CloneReleasesResult): string {
  const result = withVisibleControls(rawResult)
  const { run, planned, problems, leftOut, comparison } = result
  return joinBlocks(
    formatHeading(result),
    problems.length > 0 ? formatProblems(result) : '',
    run.isDryRun ? formatPlan(result) : '',
    run.steps.length > 0
      ? formatWork(
          [
            { label: 'releases', kind: 'release', alreadyThere: planned.skippedReleases },
            { label: 'files', kind: 'file', alreadyThere: planned.reusedFiles },
            { label: 'images', kind: 'image', alreadyThere: '-' },
            { label: 'layers', kind: 'layer', alreadyThere: '-' },
          ],
          run,
        )
      : '',
    leftOut.length > 0 ? formatLeftOut(leftOut) : '',
    formatFailures(run),
    comparison === undefined ? formatVerdict(run, [], '') : formatComparison(comparison),
  )
}

function formatPlan({ run, destination }: CloneReleasesResult): string {
  // A model that is still to be made has deleted nothing.
  const caveat = destination.isNew ? [] : wrapText(DRY_RUN_CAVEAT, '', '  ')
  return [formatPlannedSteps(run), ...caveat].join('\n')
}

function formatLeftOut(leftOut: readonly string[]): string {
  return ['Left out, because a copy cannot have it:', ...leftOut.flatMap((what) => wrapText(what, '  ', '    '))].join(
    '\n',
  )
}

function formatHeading({ source, destination, run, planned, problems }: CloneReleasesResult): string {
  const from = source.file ?? source.modelId ?? ''
  const fromUrl = source.url === destination.url ? '' : ` at ${source.url}`
  const to = destination.modelId === '' ? 'a new model' : destination.modelId
  const verb = run.isDryRun ? 'Would clone' : 'Clone of'
  const lines = wrapText(`${chalk.bold(verb)} ${from}${fromUrl} to ${to} at ${destination.url}`, '', '  ')
  if (destination.isNew && !run.isDryRun) lines.push('The destination model was created.')
  if (planned.releases === 0 && problems.length === 0) {
    lines.push(`Nothing to do: ${countOf(planned.skippedReleases, 'release')} there already.`)
  }
  return lines.join('\n')
}

function formatProblems({ problems, run, comparison }: CloneReleasesResult): string {
  const lines = problems.flatMap(({ subject, message, tryNext }) => [
    ...wrapText(`${chalk.yellow('-')} ${subject}: ${message}.`, '  ', '    '),
    ...wrapText(`Try: ${tryNext}.`, '    ', '    '),
  ])
  const isNothingMade = comparison === undefined && run.steps.length === 0 && !run.isDryRun
  if (isNothingMade) lines.push('Nothing was made. With --keep-going everything else is copied.')
  return ['This cannot be copied exactly:', ...lines].join('\n')
}

function formatComparison(comparison: NonNullable<CloneReleasesResult['comparison']>): string {
  const { releases, files, images, layers, differences } = comparison
  const extent = [
    countOf(releases, 'release'),
    `${countOf(files, 'file')} in them`,
    `${countOf(images, 'image')} with ${countOf(layers, 'layer')}`,
  ].join(', ')
  if (differences.length === 0) {
    return wrapText(`${chalk.green('Identical')} to the source by comparison: ${extent}.`, '', '  ').join('\n')
  }
  const lines = differences.flatMap(({ subject, message }) => wrapText(`- ${subject} ${message}`, '  ', '    '))
  const heading = `${chalk.red(countOf(differences.length, 'difference'))} from the source (${extent} compared):`
  return [...wrapText(heading, '', '  '), ...lines].join('\n')
}

import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { CloneReleasesResult } from '../experiments/clone-releases/index.js'
import { showControls } from '../http/server-text.js'
import type { KindStatistics } from '../run/statistics.js'
import { countOf, formatDuration, formatTable, wrapText } from './text.js'

/** The summary of `clone-releases` for people, at most 80 columns wide where names allow. */
export function formatCloneReleases(rawResult: CloneReleasesResult): string {
  const result = withVisibleControls(rawResult)
  const blocks = [formatHeading(result)]
  if (result.problems.length > 0) blocks.push(formatProblems(result))
  if (result.run.isDryRun) blocks.push(formatPlannedSteps(result))
  else if (result.run.steps.length > 0) blocks.push(formatWork(result))
  if (result.leftOut.length > 0) {
    blocks.push(
      [
        'Left out, because a copy cannot have it:',
        ...result.leftOut.flatMap((what) => wrapText(what, '  ', '    ')),
      ].join('\n'),
    )
  }
  if (result.run.failed.length > 0) blocks.push(formatFailures(result))
  if (result.comparison !== undefined) blocks.push(formatComparison(result.comparison))
  return blocks.join('\n\n')
}

/** Names in the result come from a server or a file, and must not take effect on the terminal. */
function withVisibleControls(result: CloneReleasesResult): CloneReleasesResult {
  const show = (_key: string, value: unknown): unknown => (typeof value === 'string' ? showControls(value) : value)
  return JSON.parse(JSON.stringify(result), show) as CloneReleasesResult
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

function formatPlannedSteps({ run, planned }: CloneReleasesResult): string {
  const summary = `${countOf(run.planned.length, 'step')}, ${formatSize(planned.bytes)}; a dry run changes nothing.`
  const caveat = 'Whether the destination has deleted one of these versions shows only in a real run.'
  return [...run.planned.map((key) => `  ${key}`), summary, caveat].join('\n')
}

function formatWork({ planned, run }: CloneReleasesResult): string {
  const kinds = new Map(run.steps.map((kind) => [kind.kind, kind]))
  const row = (label: string, kind: string, there: number | string) => {
    const statistics = kinds.get(kind)
    return [label, String(statistics?.done ?? 0), String(there), String(statistics?.failed ?? 0), latency(statistics)]
  }
  const table = formatTable(
    ['', 'made', 'there already', 'failed', 'p50 / p95'],
    [
      row('releases', 'release', planned.skippedReleases),
      row('files', 'file', planned.reusedFiles),
      row('images', 'image', '-'),
      row('layers', 'layer', '-'),
    ],
  )
  const bytes = run.steps.reduce((total, kind) => total + kind.bytes, 0)
  const rate = run.durationMs > 0 ? ` (${formatSize((bytes / run.durationMs) * 1000)}/s)` : ''
  const retries = countOf(run.retries, 'retry', 'retries')
  return `${table}\n\n${formatSize(bytes)} sent in ${formatDuration(run.durationMs)}${rate}, ${retries}`
}

function latency(statistics: KindStatistics | undefined): string {
  const times = statistics?.latencyMs
  return times === undefined ? '' : `${formatDuration(times.p50)} / ${formatDuration(times.p95)}`
}

function formatFailures({ run }: CloneReleasesResult): string {
  return [
    chalk.red('Failed:'),
    ...run.failed.flatMap(({ key, message, tryNext }) => [
      ...wrapText(`${chalk.red('-')} ${key}: ${message}`, '  ', '    '),
      ...tryNext.flatMap((hint) => wrapText(`Try: ${hint}.`, '    ', '    ')),
    ]),
    'Run the same command again to do the rest: what is there is found and not made twice.',
  ].join('\n')
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
  return [
    `${chalk.red(countOf(differences.length, 'difference'))} from the source (${extent} compared):`,
    ...lines,
  ].join('\n')
}

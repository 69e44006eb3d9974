import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import type { ReleaseOutcome, ReleasesWithFilesResult } from '../experiments/releases-with-files/index.js'
import {
  formatFailures,
  formatFindings,
  formatPlannedSteps,
  formatTarget,
  formatVerdict,
  formatWork,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, formatTable, wrapText } from './text.js'

/** More releases than this are summed up in one line; `--json` has them all. */
const MAX_ROWS = 25

/** The summary of `many-releases-with-files` and `several-releases-with-files` for people, at most 80 columns wide. */
export function formatReleasesWithFiles(rawResult: ReleasesWithFilesResult): string {
  const result = withVisibleControls(rawResult)
  const { experiment, target, run, planned, releases, refusedVersions, findings } = result
  return joinBlocks(
    `${formatTarget(experiment, target, run)}${describeRest(result)}`,
    run.isDryRun ? `${formatPlannedSteps(run)}\n${describeVersions(result)}` : '',
    run.steps.length > 0
      ? formatWork(
          [
            { label: 'files', kind: 'file', alreadyThere: planned.reusedFiles },
            { label: 'releases', kind: 'release', alreadyThere: planned.existingReleases },
          ],
          run,
        )
      : '',
    run.isDryRun ? '' : formatReleases(releases.filter(({ semver }) => semver !== undefined)),
    refusedVersions.length > 0 ? formatRefused(refusedVersions) : '',
    formatFailures(run),
    formatFindings(findings),
    formatVerdict(run, findings, describeConfirmation(releases)),
  )
}

function describeRest({ planned, run }: ReleasesWithFilesResult): string {
  return planned.releases === 0 && !run.isDryRun ? '\nNothing to do: all releases are there already.' : ''
}

function describeVersions({ planned, target }: ReleasesWithFilesResult): string {
  if (planned.releases === 0) return 'All releases are there already.'
  // A model that is still to be made has deleted nothing.
  const caveat = target.isNew ? '' : '; whether the model once deleted one shows only in a real run'
  return wrapText(`Versions would go up from ${planned.firstVersion}${caveat}.`, '', '').join('\n')
}

function formatReleases(releases: readonly ReleaseOutcome[]): string {
  const [first, last] = [releases[0], releases.at(-1)]
  if (first === undefined || last === undefined) return ''
  if (releases.length > MAX_ROWS) {
    const text = `Releases ${first.semver} (${describeExtent(first)}) to ${last.semver} (${describeExtent(last)}).`
    return wrapText(text, '', '  ').join('\n')
  }
  return formatTable(
    ['version', 'files', 'together', ''],
    releases.map(({ semver = '', files, bytes, isNew }) => [
      semver,
      String(files),
      formatSize(bytes),
      isNew ? 'made' : 'there already',
    ]),
  )
}

function describeExtent({ files, bytes }: ReleaseOutcome): string {
  return `${countOf(files, 'file')}, ${formatSize(bytes)}`
}

function formatRefused(versions: readonly string[]): string {
  const shown = versions.length > 5 ? [...versions.slice(0, 4), '...', versions.at(-1)] : versions
  const text = `Passed over, because the model has or had them: ${shown.join(', ')} (${countOf(versions.length, 'version')}).`
  return wrapText(text, '', '  ').join('\n')
}

function describeConfirmation(releases: readonly ReleaseOutcome[]): string {
  const files = releases.reduce((total, release) => total + release.files, 0)
  const extent = `${countOf(releases.length, 'release')} with ${countOf(files, 'file')} in them`
  return `${chalk.green('As asked for')} by comparison: ${extent}.`
}

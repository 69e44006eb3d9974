import type { ExistingImagesResult } from '../experiments/many-releases-with-existing-images/index.js'
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

/** Releases that the table names one by one; of more, the first and the last. */
const SHOWN_RELEASES = 20

/** The summary of `many-releases-with-existing-images` for people, at most 80 columns wide where names allow. */
export function formatExistingImages(rawResult: ExistingImagesResult): string {
  const result = withVisibleControls(rawResult)
  const { target, run, images, releases, findings } = result
  const thereAlready = releases.filter(({ wasThere }) => wasThere).length
  const rows = [
    { label: 'releases', kind: 'release', alreadyThere: thereAlready },
    { label: 'images', kind: 'image', alreadyThere: images.used - images.toPush },
    { label: 'layers', kind: 'layer', alreadyThere: '-' },
    { label: 'layers mounted', kind: 'mount', alreadyThere: '-' },
  ]
  return joinBlocks(
    formatTarget('many-releases-with-existing-images', target, run),
    formatTagChoices(result),
    formatLeftOut(result),
    run.isDryRun
      ? formatPlannedSteps(run)
      : joinBlocks(formatReleases(result), formatWork(rows.slice(0, images.toPush > 0 ? 4 : 2), run)),
    formatFailures(run),
    formatFindings(findings),
    formatVerdict(
      run,
      findings,
      `Read again: ${countOf(releases.length, 'release')} with ${countOf(images.used, 'image')}, as planned.`,
    ),
  )
}

function formatTagChoices({ images: { tagChoices } }: ExistingImagesResult): string {
  if (tagChoices.length === 0) return ''
  const reasons = { date: 'by the date in its config', name: 'by its name' }
  return [
    'Chosen among several tags:',
    ...tagChoices.flatMap(({ image, tag, among, by }) =>
      wrapText(`${image}:${tag} of ${among.join(', ')} (${reasons[by]})`, '  ', '    '),
    ),
  ].join('\n')
}

function formatLeftOut({ images: { leftOut } }: ExistingImagesResult): string {
  if (leftOut.length === 0) return ''
  const lines = leftOut.flatMap(({ name, reason }) => wrapText(`${name}: ${reason}`, '  ', '    '))
  return [`Left out (${countOf(leftOut.length, 'image')}):`, ...lines].join('\n')
}

function formatReleases({ releases }: ExistingImagesResult): string {
  const shown =
    releases.length <= SHOWN_RELEASES ? releases : [...releases.slice(0, SHOWN_RELEASES - 1), releases.at(-1)]
  const rows = shown.flatMap((release) => {
    if (release === undefined) return []
    const { semver, images, wasThere } = release
    const [first = '', last = ''] = [images[0], images.at(-1)]
    const state = semver === undefined ? 'not made' : wasThere ? 'was there' : 'made'
    return [[semver ?? '-', String(images.length), first, first === last ? '' : last, state]]
  })
  const table = formatTable(['release', 'images', 'first', 'last', ''], rows)
  const hidden = releases.length - rows.length
  return hidden === 0 ? table : `${table}\n(${countOf(hidden, 'release')} in between not shown)`
}

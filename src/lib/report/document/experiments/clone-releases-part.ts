import type { CloneReleasesResult } from '../../../experiments/clone-releases/index.js'
import { toFindingPart } from '../build-document.js'
import { excerpt, joinExcerpts } from '../excerpt.js'
import type { CloneReleasesPart } from '../model.js'

/** What a report says of a clone. */
export function cloneReleasesPart({
  source,
  planned,
  problems,
  leftOut,
  comparison,
}: CloneReleasesResult): CloneReleasesPart {
  const { releases, skippedReleases, files, reusedFiles, images, layers, bytes } = planned
  return {
    type: 'clone-releases',
    source: source.file ?? source.modelId ?? source.url,
    planned: { releases, skippedReleases, files, reusedFiles, images, layers, bytes },
    problems: excerpt(problems, toFindingPart),
    leftOut: excerpt(leftOut, (what) => what),
    ...(comparison && {
      comparison: {
        releases: comparison.releases,
        files: comparison.files,
        images: comparison.images,
        layers: comparison.layers,
        differences: excerpt(comparison.differences, toFindingPart),
      },
    }),
  }
}

/** What the shards of a clone come to: each has its own releases. */
export function joinCloneReleases(parts: readonly CloneReleasesPart[]): CloneReleasesPart | undefined {
  const [first] = parts
  if (first === undefined) return undefined
  const comparisons = parts.flatMap(({ comparison }) => comparison ?? [])
  return {
    type: 'clone-releases',
    source: first.source,
    planned: sumFields(
      ['releases', 'skippedReleases', 'files', 'reusedFiles', 'images', 'layers', 'bytes'],
      parts.map(({ planned }) => planned),
    ),
    problems: joinExcerpts(parts.map(({ problems }) => problems)),
    leftOut: joinExcerpts(parts.map(({ leftOut }) => leftOut)),
    ...(comparisons.length === parts.length && {
      comparison: {
        ...sumFields(['releases', 'files', 'images', 'layers'], comparisons),
        differences: joinExcerpts(comparisons.map(({ differences }) => differences)),
      },
    }),
  }
}

function sumFields<Name extends string>(
  names: readonly Name[],
  all: readonly Readonly<Record<Name, number>>[],
): Record<Name, number> {
  const sum = (name: Name): number => all.reduce((total, one) => total + one[name], 0)
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as Record<Name, number>
}

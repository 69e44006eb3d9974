import type { CloneReleasesResult } from '../../../experiments/clone-releases/index.js'
import { toFindingPart } from '../build-document.js'
import { excerpt, joinDistinct } from '../excerpt.js'
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

/** What the shards of a clone come to: each plans the whole, and compares the whole. */
export function joinCloneReleases(parts: readonly CloneReleasesPart[]): CloneReleasesPart | undefined {
  // The one that began first found least of it there.
  const first = parts.toSorted((a, b) => extentOf(b) - extentOf(a))[0]
  if (first === undefined) return undefined
  const comparisons = parts.flatMap(({ comparison }) => comparison ?? [])
  const [comparison] = comparisons
  return {
    type: 'clone-releases',
    source: first.source,
    planned: first.planned,
    problems: joinDistinct(parts.map(({ problems }) => problems)),
    leftOut: joinDistinct(parts.map(({ leftOut }) => leftOut)),
    ...(comparison && {
      comparison: { ...comparison, differences: joinDistinct(comparisons.map(({ differences }) => differences)) },
    }),
  }
}

function extentOf({ planned }: CloneReleasesPart): number {
  return planned.releases + planned.files + planned.images
}

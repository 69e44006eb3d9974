import type { ImageSkeleton } from '../../registry/image-skeleton.js'
import { compareReleases, isUnreadable, type ComparedParts } from '../skeleton/compare.js'
import type { DestinationState } from './destination.js'
import type { ImageSet } from '../skeleton/image-set.js'
import { NOTHING_MADE, type MadeBefore } from './made-before.js'
import { distinctFiles, matchFiles } from './match-files.js'
import type { Problem } from './problem.js'
import { describeExisting, findImageProblems, findReleaseProblems } from './release-problems.js'
import { imageKey, type FileSkeleton, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'

/** A file that can be copied. */
export type KnownFile = FileSkeleton & { readonly sizeBytes: number }

export interface PlannedImage {
  readonly name: string
  readonly tag: string
  readonly skeleton: ImageSkeleton
}

/** What is to be done, and what cannot be. */
export interface ClonePlan {
  /** Releases to make, oldest first. */
  readonly releases: readonly ReleaseSkeleton[]
  /** Files to upload, each once, in the order in which the releases need them. */
  readonly uploads: readonly KnownFile[]
  /** Files that the destination has already: id there by id in the source. */
  readonly reused: ReadonlyMap<string, string>
  readonly images: readonly PlannedImage[]
  /** Semvers that are there and hold what they should. */
  readonly skipped: readonly string[]
  readonly problems: readonly Problem[]
}

/** Decides, without asking the server anything more, what has to be made to turn the destination into a copy. */
export function planClone(
  source: { releases: readonly ReleaseSkeleton[]; images: ImageSet },
  destination: DestinationState,
  parts: ComparedParts,
  made: MadeBefore = NOTHING_MADE,
): ClonePlan {
  const problems: Problem[] = []
  const releases: ReleaseSkeleton[] = []
  const skipped: string[] = []
  const seen = new Set<string>()
  for (const release of source.releases) {
    const existing = destination.releases.get(release.semver)
    const found = [
      ...findReleaseProblems(release, destination.modelId, seen, parts),
      ...(existing ? describeExisting(release, compareReleases(release, existing, parts)) : []),
      ...(existing || !parts.images ? [] : findImageProblems(release, source.images, destination.images)),
    ]
    seen.add(release.semver)
    problems.push(...found)
    if (found.length > 0) continue
    if (existing && !made.hasBegunRelease(release.semver)) skipped.push(release.semver)
    else releases.push(release)
  }
  const needed = parts.files ? releases : []
  const reused = matchFiles(needed, source.releases, destination, made)
  const uploads = distinctFiles(needed).filter((file): file is KnownFile => !reused.has(file.sourceId))
  return {
    releases,
    uploads,
    reused,
    images: parts.images ? planImages(releases, source.images, destination.images, made) : [],
    skipped,
    problems: distinctProblems(problems),
  }
}

function planImages(
  releases: readonly ReleaseSkeleton[],
  images: ImageSet,
  existing: ImageSet,
  made: MadeBefore,
): readonly PlannedImage[] {
  const planned = new Map<string, PlannedImage>()
  for (const { name, tag } of releases.flatMap((release) => release.images)) {
    const key = imageKey({ name, tag })
    const skeleton = images.get(key)
    if (skeleton === undefined || isUnreadable(skeleton)) continue
    // One that this run has begun is left to its step, so that it is known to be ours.
    if (existing.has(key) && !made.hasBegunImage(key)) continue
    planned.set(key, { name, tag, skeleton })
  }
  return [...planned.values()]
}

function distinctProblems(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}

/** The plan without the releases that a problem is about, and without what only they need. */
export function withoutReleases(plan: ClonePlan, problems: readonly Problem[]): ClonePlan {
  if (problems.length === 0) return plan
  const refused = new Set(problems.map(({ subject }) => subject))
  const releases = plan.releases.filter(({ semver }) => !refused.has(`release ${semver}`))
  const files = new Set(releases.flatMap((release) => release.files.map((file) => file.sourceId)))
  const images = new Set(releases.flatMap((release) => release.images.map(imageKey)))
  return {
    ...plan,
    releases,
    uploads: plan.uploads.filter((file) => files.has(file.sourceId)),
    reused: new Map([...plan.reused].filter(([sourceId]) => files.has(sourceId))),
    images: plan.images.filter((image) => images.has(imageKey(image))),
  }
}

import type { DestinationState } from './destination.js'
import { NOTHING_MADE, type MadeBefore } from './made-before.js'
import type { FileSkeleton, ReleaseSkeleton } from '../skeleton/release-skeleton.js'

/**
 * Finds the files that need not be uploaded: those of releases that are there, and those which an earlier attempt left
 * without a release, recognised by name and size. Files that this run has begun before are left to their steps.
 */
export function matchFiles(
  needed: readonly ReleaseSkeleton[],
  all: readonly ReleaseSkeleton[],
  destination: DestinationState,
  made: MadeBefore = NOTHING_MADE,
): ReadonlyMap<string, string> {
  const matches = new Map<string, string>()
  for (const release of all) {
    const copies = new Map(destination.releases.get(release.semver)?.files.map((file) => [file.name, file]))
    for (const file of release.files) {
      const copy = copies.get(file.name)
      if (made.hasBegunFile(file)) continue
      if (copy?.sizeBytes === file.sizeBytes && copy !== undefined) matches.set(file.sourceId, copy.sourceId)
    }
  }
  const orphans = made.leavesOrphans ? new Map<string, string[]>() : groupOrphans(destination, made)
  for (const file of distinctFiles(needed)) {
    if (matches.has(file.sourceId) || made.hasBegunFile(file)) continue
    const orphan = orphans.get(contentKey(file.name, file.sizeBytes))?.shift()
    if (orphan !== undefined) matches.set(file.sourceId, orphan)
  }
  const neededIds = new Set(distinctFiles(needed).map((file) => file.sourceId))
  return new Map([...matches].filter(([sourceId]) => neededIds.has(sourceId)))
}

function groupOrphans(destination: DestinationState, made: MadeBefore): Map<string, string[]> {
  const inRelease = new Set(
    [...destination.releases.values()].flatMap(({ files }) => files.map((file) => file.sourceId)),
  )
  const orphans = new Map<string, string[]>()
  for (const file of destination.files) {
    if (file.complete === false || inRelease.has(file._id) || made.fileIds.has(file._id)) continue
    const key = contentKey(file.name, file.size)
    const ids = orphans.get(key)
    if (ids === undefined) orphans.set(key, [file._id])
    else ids.push(file._id)
  }
  return orphans
}

function contentKey(name: string, sizeBytes: number | undefined): string {
  return `${sizeBytes ?? ''} ${name}`
}

/** The files of releases, each once, in the order in which the releases need them. */
export function distinctFiles(releases: readonly ReleaseSkeleton[]): FileSkeleton[] {
  return [...new Map(releases.flatMap(({ files }) => files.map((file) => [file.sourceId, file]))).values()]
}

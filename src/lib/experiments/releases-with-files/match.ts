import type { ReleaseEntry } from '../../api/answers.js'
import { compareReleases } from '../skeleton/compare.js'
import { toReleaseSkeletons, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import type { Finding } from '../result.js'
import { filesOf, type PlannedRelease, type ReleasePlan } from './plan.js'

const PARTS = { files: true, images: true }

/**
 * Finds planned releases among those of a listing: a release is there when one has its notes and exactly its files, by
 * name and size, whatever its version is.
 *
 * @returns versions by name of the planned release
 */
export function findExistingReleases(plan: ReleasePlan, listed: readonly ReleaseEntry[]): ReadonlyMap<string, string> {
  const byNotes = new Map<string, ReleaseSkeleton[]>()
  for (const release of toReleaseSkeletons(listed)) {
    byNotes.set(release.notes, [...(byNotes.get(release.notes) ?? []), release])
  }
  const found = new Map<string, string>()
  for (const planned of plan.releases) {
    const same = byNotes.get(planned.notes)?.find((release) => compare(plan, planned, release).length === 0)
    if (same !== undefined) found.set(planned.name, same.semver)
  }
  return found
}

/**
 * Compares what is there with the plan.
 *
 * @param versions by name of the planned release, as they were made or found
 * @param listed a listing that was read afterwards
 */
export function checkReleases(
  plan: ReleasePlan,
  versions: ReadonlyMap<string, string>,
  listed: readonly ReleaseEntry[],
): Finding[] {
  const bySemver = new Map(toReleaseSkeletons(listed).map((release) => [release.semver, release]))
  return plan.releases.flatMap((planned): Finding[] => {
    const semver = versions.get(planned.name)
    if (semver === undefined) return [{ subject: `release ${planned.name}`, message: 'was not made' }]
    const subject = `release ${semver} (${planned.name})`
    const release = bySemver.get(semver)
    if (release === undefined) {
      return [{ subject, message: 'is not listed', tryNext: 'a token that has the action release:read' }]
    }
    return compare(plan, planned, release).map((message) => ({ subject, message }))
  })
}

function compare(plan: ReleasePlan, planned: PlannedRelease, release: ReleaseSkeleton): string[] {
  const files = filesOf(plan, planned).map((file) => ({ ...file, sourceId: '', mime: undefined, tags: [] }))
  const { notes } = planned
  return compareReleases(
    { semver: release.semver, notes, files, minor: false, draft: false, images: [] },
    release,
    PARTS,
  ).map((difference) => difference.replace(', unlike the source', ''))
}

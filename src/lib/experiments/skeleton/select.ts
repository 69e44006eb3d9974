import { satisfies, validRange } from 'semver'
import { UsageError } from '../../errors.js'
import type { ReleaseSkeleton } from './release-skeleton.js'

/**
 * The releases whose version lies in a range, or in one of several with commas between; all without one. Pre-releases within
 * a range count.
 *
 * @throws UsageError when a range is none, or nothing is in it
 */
export function selectReleases(
  releases: readonly ReleaseSkeleton[],
  range: string | undefined,
): readonly ReleaseSkeleton[] {
  if (range === undefined) return releases
  const ranges = range.split(',').map((one) => one.trim())
  const isIn = ({ semver }: ReleaseSkeleton, one: string) => satisfies(semver, one, { includePrerelease: true })
  for (const one of ranges) {
    if ((one === '' && ranges.length > 1) || validRange(one) === null) {
      throw new UsageError(`${JSON.stringify(one)} is not a range of versions.`, [
        'write for example --semver ">=1.2.0 <2.0.0", --semver "^1.2" or --semver 1.0.0,1.2.0',
      ])
    }
    if (!releases.some((release) => isIn(release, one))) {
      throw new UsageError(`None of the source's ${releases.length} releases is in the range ${JSON.stringify(one)}.`, [
        'run without --semver to take all of them',
      ])
    }
  }
  return releases.filter((release) => ranges.some((one) => isIn(release, one)))
}

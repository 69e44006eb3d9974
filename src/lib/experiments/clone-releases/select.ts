import { satisfies, validRange } from 'semver'
import { UsageError } from '../../errors.js'
import type { ReleaseSkeleton } from './release-skeleton.js'

/**
 * The releases whose version lies in a range; all without one. Pre-releases within the range count.
 *
 * @throws UsageError when the range is none, or nothing is in it
 */
export function selectReleases(
  releases: readonly ReleaseSkeleton[],
  range: string | undefined,
): readonly ReleaseSkeleton[] {
  if (range === undefined) return releases
  if (validRange(range) === null) {
    throw new UsageError(`${JSON.stringify(range)} is not a range of versions.`, [
      'write for example --semver ">=1.2.0 <2.0.0" or --semver "^1.2"',
    ])
  }
  const selected = releases.filter(({ semver }) => satisfies(semver, range, { includePrerelease: true }))
  if (selected.length === 0) {
    throw new UsageError(`None of the source's ${releases.length} releases is in the range ${JSON.stringify(range)}.`, [
      'run without --semver to copy all of them',
    ])
  }
  return selected
}

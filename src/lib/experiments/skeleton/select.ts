import sort from 'semver/functions/sort.js'
import satisfies from 'semver/functions/satisfies.js'
import valid from 'semver/functions/valid.js'
import validRange from 'semver/ranges/valid.js'
import { UsageError } from '../../errors.js'
import type { ReleaseSkeleton } from './release-skeleton.js'

/** Versions that are asked for. */
export interface VersionRange {
  /** Ranges, of which any will do; there is one at least. */
  readonly alternatives: readonly string[]
  /** The same for Bailo, which then lists no others; undefined where it has no words for it. */
  readonly query: string | undefined
}

/**
 * Reads a range of versions, or several with commas between.
 *
 * @returns undefined where none is given
 * @throws UsageError for what is none
 */
export function parseVersionRange(text: string): VersionRange
export function parseVersionRange(text: string | undefined): VersionRange | undefined
export function parseVersionRange(text: string | undefined): VersionRange | undefined {
  if (text === undefined) return undefined
  const alternatives = text.split(',').map((one) => one.trim())
  for (const one of alternatives) {
    if ((one === '' && alternatives.length > 1) || validRange(one) === null) {
      throw new UsageError(`${JSON.stringify(one)} is not a range of versions.`, [
        'write for example --semver ">=1.2.0 <2.0.0", --semver "^1.2" or --semver 1.0.0,1.2.0',
      ])
    }
  }
  return { alternatives, query: alternatives.some(namesPreRelease) ? undefined : alternatives.join(' || ') }
}

/**
 * The releases whose version lies in a range; all without one. Pre-releases within a range count, those of the version
 * right above it do not: 2.0.0-rc1 is in `>=1.0.0` and not in `<2.0.0`.
 *
 * @param listVersions all versions that there are, also those that the server has left out because of the range
 * @throws UsageError when one of the alternatives has no release in it
 */
export async function selectReleases(
  releases: readonly ReleaseSkeleton[],
  range: VersionRange | undefined,
  listVersions: () => Promise<readonly string[]>,
): Promise<readonly ReleaseSkeleton[]> {
  if (range === undefined) return releases
  for (const one of range.alternatives) {
    if (!releases.some(({ semver }) => isIn(semver, one))) {
      throw new UsageError(`None of the source's releases is in the range ${JSON.stringify(one)}.`, [
        ...adviseOnVersions(await listVersions()),
      ])
    }
  }
  return releases.filter(({ semver }) => range.alternatives.some((one) => isIn(semver, one)))
}

function adviseOnVersions(versions: readonly string[]): string[] {
  if (versions.length === 0) return ['use a token with the action release:read: without it Bailo lists none']
  const sorted = sort(versions.filter((version) => valid(version) !== null))
  const [first, last] = [sorted[0], sorted.at(-1)]
  return [
    ...(first === undefined ? [] : [`a range of the versions that there are, ${first} to ${last}`]),
    'run without --semver to take all of them',
  ]
}

/**
 * Bailo compares the three numbers of a version only (observed), so that it can leave out no more than this does: what it
 * would leave out is not in the range here either, unless the range names a pre-release.
 */
function isIn(semver: string, range: string): boolean {
  return (
    satisfies(semver, range, { includePrerelease: true }) &&
    (namesPreRelease(range) || satisfies(semver.replace(/-.*/, ''), range))
  )
}

/** A hyphen with blanks around it is between the ends of a range. */
function namesPreRelease(range: string): boolean {
  return /\S-\S/.test(range)
}

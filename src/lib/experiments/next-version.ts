import inc from 'semver/functions/inc.js'
import rcompare from 'semver/functions/rcompare.js'
import valid from 'semver/functions/valid.js'
import { UsageError } from '../errors.js'

/** Which of a version's numbers goes up (semver.org). */
export const BUMPS = ['major', 'minor', 'patch'] as const
export type Bump = (typeof BUMPS)[number]

const FIRST_VERSION = '1.0.0'

/**
 * Returns the version after the highest of those that a model has, drafts included; `1.0.0` for a model that has none. What
 * is no version is left out. The version after a pre-release is the release that it prepares, where that is enough:
 * after `2.0.0-rc.1` comes `2.0.0`.
 *
 * A model may have had higher versions that were deleted: no listing shows them, and Bailo never takes them again
 * (observed), so that the version may still turn out to be refused. Then `nextVersion([refused], bump)` is the next one.
 *
 * @param listed the versions of one listing of the model's releases
 * @throws UsageError when the number to go up is the highest there can be
 */
export function nextVersion(listed: Iterable<string>, bump: Bump = 'minor'): string {
  const [highest] = [...listed].filter((version) => valid(version) !== null).sort(rcompare)
  if (highest === undefined) return FIRST_VERSION
  const next = valid(inc(highest, bump))
  if (next !== null) return next
  throw new UsageError(`There is no ${bump} version after ${highest}.`, [
    `let another number go up: ${BUMPS.filter((other) => other !== bump).join(' or ')}`,
  ])
}

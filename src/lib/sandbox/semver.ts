import satisfies from 'semver/functions/satisfies.js'
import valid from 'semver/functions/valid.js'
import validRange from 'semver/ranges/valid.js'
import { badRequest } from './errors.js'

/** A version as the server reads and keeps it. */
export interface SemverParts {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly preRelease?: string
}

/**
 * Reads a version as the server does, and that is not how semver.org does it (observed): everything up to the first `v`
 * is dropped, a pre-release tag ends at its first dash, and what is not a number becomes NaN.
 */
export function parseSemver(text: string): SemverParts {
  const [numbers = '', preRelease] = text.slice(text.indexOf('v') + 1).split('-')
  const [major, minor, patch] = numbers.split('.').map(Number)
  return { major: major ?? NaN, minor: minor ?? NaN, patch: patch ?? NaN, ...(preRelease && { preRelease }) }
}

/** Returns the form in which a version is stored and shown, for instance `1.2.0-rc1` or `NaN.NaN.NaN`. */
export function formatSemver({ major, minor, patch, preRelease }: SemverParts): string {
  return `${major}.${minor}.${patch}${preRelease === undefined ? '' : `-${preRelease}`}`
}

/**
 * Returns the version in the form in which it is stored.
 *
 * @throws BailoError 400 when nothing valid is left of it
 */
export function normaliseSemver(text: string): string {
  const stored = formatSemver(parseSemver(text))
  if (valid(stored) === null) throw badRequest(`The version '${stored}' is not a valid semver value.`)
  return stored
}

/**
 * Compiles a range. Versions are compared by their three numbers only: `>=2.0.0` includes 2.0.0-rc1 (observed).
 *
 * @throws BailoError 400 for what is not a range
 */
export function compileRange(query: string): (stored: string) => boolean {
  const range = validRange(query)
  if (range === null) throw badRequest('Semver range is invalid.', { semverQuery: query })
  return (stored) => {
    const { major, minor, patch } = parseSemver(stored)
    return satisfies(formatSemver({ major, minor, patch }), range)
  }
}

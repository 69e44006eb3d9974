import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/lib/errors.js'
import { nextVersion, type Bump } from '../../src/lib/experiments/next-version.js'

describe('nextVersion', () => {
  const cases: [listed: string[], bump: Bump, next: string][] = [
    [[], 'major', '1.0.0'],
    [[], 'minor', '1.0.0'],
    [[], 'patch', '1.0.0'],
    [['1.2.3'], 'major', '2.0.0'],
    [['1.2.3'], 'minor', '1.3.0'],
    [['1.2.3'], 'patch', '1.2.4'],
    // By number, not by text, and wherever it stands in the listing.
    [['1.9.0', '1.10.0', '1.2.0'], 'minor', '1.11.0'],
    [['0.0.1', '10.0.0', '9.9.9'], 'major', '11.0.0'],
    [['1.0.0', '1.0.0-rc.1'], 'minor', '1.1.0'],
    [['1.0.0', '2.0.0-rc.1'], 'minor', '2.0.0'],
    [['1.1.0-rc.1'], 'major', '2.0.0'],
    // What Bailo may have of old, and is no version.
    [['NaN.NaN.NaN', 'latest', '', '1.2', '1.0.0'], 'minor', '1.1.0'],
    [['latest'], 'minor', '1.0.0'],
  ]

  it.each(cases)('after %j with another %s is %s', (listed, bump, next) => {
    expect(nextVersion(listed, bump)).toBe(next)
  })

  it('lets the minor number go up unless told otherwise, and changes nothing of what it is given', () => {
    const listed = Object.freeze(['1.0.0', '3.1.0', '2.0.0'])
    expect(nextVersion(listed)).toBe('3.2.0')
  })

  it('gives as many versions as are asked for, each higher than the one before', () => {
    const versions = Array.from({ length: 101 }).reduce<string[]>((made) => [...made, nextVersion(made)], [])
    expect(versions.at(-1)).toBe('1.100.0')
    expect(new Set(versions).size).toBe(101)
  })

  it('says so where no number is left, and which other one can go up', () => {
    const last = `1.${Number.MAX_SAFE_INTEGER}.0`
    expect(() => nextVersion([last], 'minor')).toThrow(UsageError)
    expect(() => nextVersion([last], 'minor')).toThrow(last)
    expect(nextVersion([last], 'patch')).toBe(`1.${Number.MAX_SAFE_INTEGER}.1`)
  })
})

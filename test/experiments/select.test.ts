import { describe, expect, it } from 'vitest'
import type { ReleaseSkeleton } from '../../src/lib/experiments/skeleton/release-skeleton.js'
import { parseVersionRange, selectReleases } from '../../src/lib/experiments/skeleton/select.js'
import { compileRange } from '../../src/lib/sandbox/semver.js'

const VERSIONS = ['0.9.0', '1.0.0-rc1', '1.0.0', '1.2.3', '1.3.0-beta', '2.0.0-rc1', '2.0.0', '10.0.0']
const releases = VERSIONS.map((semver): ReleaseSkeleton => ({
  ...{ semver, notes: 'n', minor: false, draft: false, files: [], images: [] },
}))
const select = async (text: string) => {
  const selected = await selectReleases(releases, parseVersionRange(text), () => Promise.resolve(VERSIONS))
  return selected.map(({ semver }) => semver)
}

describe('versions', () => {
  it.each([
    ['1.0.0', ['1.0.0']],
    ['v1.0.0', ['1.0.0']],
    ['1.0.0, 10.0.0', ['1.0.0', '10.0.0']],
    ['2.0.0-rc1', ['2.0.0-rc1']],
    ['^1.2', ['1.2.3', '1.3.0-beta']],
    ['>=1.0.0 <2.0.0', ['1.0.0', '1.2.3', '1.3.0-beta']],
    ['>=1.0.0-0 <2.0.0', ['1.0.0-rc1', '1.0.0', '1.2.3', '1.3.0-beta', '2.0.0-rc1']],
    ['1.0.0 - 1.3.0', ['1.0.0-rc1', '1.0.0', '1.2.3', '1.3.0-beta']],
    ['<1 || >=2', ['0.9.0', '2.0.0-rc1', '2.0.0', '10.0.0']],
    ['*', VERSIONS],
    ['', VERSIONS],
  ])('in %j are %j, and Bailo leaves out none of them', async (text, expected) => {
    expect(await select(text)).toEqual(expected)
    const { query } = parseVersionRange(text)
    if (query !== undefined) expect(expected.filter((semver) => !compileRange(query)(semver))).toEqual([])
  })

  it.each([
    ['1.2', '1.2'],
    ['1.0.0, ^2', '1.0.0 || ^2'],
    ['1.0.0 - 2.0.0', '1.0.0 - 2.0.0'],
    ['2.0.0-rc1', undefined],
    ['1.0.0, 2.0.0-rc1', undefined],
  ])('%j is for Bailo %j', (text, query) => {
    expect(parseVersionRange(text).query).toBe(query)
  })

  it.each(['one', '1.0.0,', ',', '>=1.0.0 <'])('%j are none', (text) => {
    expect(() => parseVersionRange(text)).toThrow('is not a range of versions')
  })

  it('of which there are none are named, with those that there are', async () => {
    await expect(select('1.0.0,3.x')).rejects.toMatchObject({
      message: 'None of the source\'s releases is in the range "3.x".',
      tryNext: ['a range of the versions that there are, 0.9.0 to 10.0.0', 'run without --semver to take all of them'],
    })
  })
})

import { describe, expect, it } from 'vitest'
import type { ReleaseEntry } from '../../src/lib/api/answers.js'
import { MAX_JSON_BODY_BYTES, measureReleaseBody } from '../../src/lib/api/releases.js'
import { UsageError } from '../../src/lib/errors.js'
import { findExistingFiles } from '../../src/lib/experiments/ensure-files.js'
import { planManyReleases } from '../../src/lib/experiments/many-releases-with-files.js'
import { checkReleases, findExistingReleases } from '../../src/lib/experiments/releases-with-files/match.js'
import { withoutOversized } from '../../src/lib/experiments/releases-with-files/oversized.js'
import {
  filesOf,
  requestBytesOf,
  totalBytes,
  type ReleasePlan,
} from '../../src/lib/experiments/releases-with-files/plan.js'
import { planSeveralReleases } from '../../src/lib/experiments/several-releases-with-files.js'

const NOISE = { seed: 's', fill: 'noise' } as const

function many(count: number, maxSizeExponent = 3): ReleasePlan {
  return planManyReleases({ count, maxSizeExponent, ...NOISE })
}

function several(maxCountExponent: number, maxSizeExponent: number): ReleasePlan {
  return planSeveralReleases({ maxCountExponent, maxSizeExponent, ...NOISE })
}

/** What a listing has after a plan was carried out. */
function carryOut(plan: ReleasePlan): ReleaseEntry[] {
  return plan.releases.map((release, index) => ({
    semver: `1.${index}.0`,
    notes: release.notes,
    minor: false,
    draft: false,
    files: filesOf(plan, release).map(({ name, sizeBytes }) => ({ _id: `id of ${name}`, name, size: sizeBytes })),
    images: [],
  }))
}

describe('planManyReleases', () => {
  it('plans the sizes of the formula', () => {
    expect(many(4, 3).files.map(({ sizeBytes }) => sizeBytes)).toEqual([6, 33, 180, 1004])
    const { files } = many(100, 10)
    expect(files[0]?.sizeBytes).toBe(2)
    expect(files[9]?.sizeBytes).toBe(20)
    expect(files[49]?.sizeBytes).toBe(100_050)
    expect(files[99]?.sizeBytes).toBe(10_000_000_100)
  })

  it('plans no file of zero bytes, also with exponent 0', () => {
    expect(many(3, 0).files.map(({ sizeBytes }) => sizeBytes)).toEqual([2, 3, 4])
  })

  it('plans releases with the first 0 to n files', () => {
    const plan = many(12)
    expect(plan.releases.map((release) => filesOf(plan, release).length)).toEqual([...Array(13).keys()])
    expect(new Set(plan.releases.map(({ name }) => name)).size).toBe(13)
    expect(new Set(plan.releases.map(({ notes }) => notes)).size).toBe(13)
  })

  it('gives files names in their order, other ones for another seed and for zeros', () => {
    const names = (seed: string, fill: 'noise' | 'zeros') =>
      planManyReleases({ count: 11, maxSizeExponent: 3, seed, fill }).files.map(({ name }) => name)
    expect(names('s', 'noise')).toEqual(names('s', 'noise').toSorted())
    const all = [...names('s', 'noise'), ...names('t', 'noise'), ...names('s', 'zeros')]
    expect(new Set(all).size).toBe(33)
  })

  it('refuses sizes that no number holds exactly', () => {
    expect(many(2, 15).files.at(-1)?.sizeBytes).toBe(10 ** 15 + 2)
    expect(() => many(2, 16)).toThrow(UsageError)
    expect(() => many(2, 400)).toThrow(UsageError)
  })
})

describe('planSeveralReleases', () => {
  it('plans 31 files in 5 releases of 1 MiB each by default', () => {
    const plan = several(5, 1)
    expect(plan.files).toHaveLength(31)
    expect(plan.releases.map((release) => filesOf(plan, release).length)).toEqual([1, 2, 4, 8, 16])
    expect(plan.releases.map((release) => totalBytes(filesOf(plan, release)))).toEqual(Array(5).fill(2 ** 20))
  })

  it.each([
    [1, 10],
    [12, 3],
    [4, 10],
  ])('plans sizes that sum exactly with exponents %d and %d', (countExponents, sizeExponents) => {
    const plan = several(countExponents, sizeExponents)
    expect(plan.releases).toHaveLength(countExponents * sizeExponents)
    for (const [index, release] of plan.releases.entries()) {
      const files = filesOf(plan, release)
      const total = files.reduce((sum, { sizeBytes }) => sum + BigInt(sizeBytes), 0n)
      expect(total).toBe(10n ** BigInt(Math.floor(index / countExponents)) * 2n ** 20n)
      expect(new Set(files.map(({ sizeBytes }) => sizeBytes)).size).toBe(1)
    }
    expect(new Set(plan.files.map(({ name }) => name)).size).toBe(plan.files.length)
    expect(new Set(plan.releases.map(({ notes }) => notes)).size).toBe(plan.releases.length)
  })

  it('refuses sizes that no number holds exactly', () => {
    expect(() => several(1, 11)).toThrow(UsageError)
    expect(() => several(1, 1000)).toThrow('--max-size-exponent 1000')
  })
})

describe('the size of the request for a release', () => {
  it.each([0, 1, 2, 100])('is right for %d files', (count) => {
    const [release] = many(100).releases.slice(count)
    if (release === undefined) throw new TypeError('no such release')
    const fileIds = Array<string>(count).fill('a'.repeat(24))
    const request = { notes: release.notes, fileIds, images: [], minor: false, draft: false }
    expect(requestBytesOf(release)).toBe(measureReleaseBody({ ...request, semver: '1000.1000.1000' }))
  })

  it('is too large from some number of files on, which is said before anything is made', () => {
    expect(withoutOversized(many(3700), '--count', false).findings).toEqual([])
    expect(() => withoutOversized(many(3800), '--count', false)).toThrow(/3800 files .* 102400/)
    expect(() => withoutOversized(several(13, 1), '--max-count-exponent', false)).toThrow(/4096 files/)
  })

  it('leaves out with --keep-going what does not fit, and files that only that would need', () => {
    const { plan, findings } = withoutOversized(many(3800), '--count', true)
    const largest = plan.releases.at(-1)
    expect(plan.releases.length + findings.length).toBe(3801)
    expect(plan.files).toHaveLength(largest?.to ?? 0)
    for (const release of plan.releases) expect(requestBytesOf(release)).toBeLessThanOrEqual(MAX_JSON_BODY_BYTES)
    expect(findings[0]?.message).toContain(`its ${plan.files.length + 1} files would be too large`)
  })

  it('leaves the other releases their own files when one in the middle does not fit', () => {
    const { plan, findings } = withoutOversized(several(13, 2), '--max-count-exponent', true)
    expect(findings.map(({ subject }) => subject)).toEqual([
      'release 1MiB in 4096 files',
      'release 10MiB in 4096 files',
    ])
    const whole = several(12, 2)
    expect(plan.files).toEqual(whole.files)
    expect(plan.releases).toEqual(whole.releases)
  })
})

describe('findExistingFiles', () => {
  it('finds files of the right name and size that are complete, and none twice', () => {
    const planned = ['a', 'b', 'c', 'd'].map((name) => ({ name, sizeBytes: 5 }))
    const found = findExistingFiles(planned, [
      { _id: '1', name: 'a', size: 4 },
      { _id: '2', name: 'a', size: 5, complete: true },
      { _id: '3', name: 'a', size: 5 },
      { _id: '4', name: 'b', size: 5, complete: false },
      { _id: '5', name: 'c' },
      { _id: '6', name: 'other', size: 5 },
    ])
    expect([...found]).toEqual([['a', '2']])
  })
})

describe('findExistingReleases', () => {
  it('finds those with the same notes and exactly the same files, whatever their version', () => {
    const plan = many(3)
    const [none, first, second, third] = carryOut(plan)
    if (!none || !first || !second || !third) throw new TypeError('no such release')
    const listed = [
      { ...none, semver: '7.0.0' },
      { ...first, notes: 'others' },
      { ...second, files: second.files?.slice(1) ?? [] },
      { ...third, files: third.files?.map((file) => ({ ...file, size: 1 })) ?? [] },
    ]
    expect([...findExistingReleases(plan, listed)]).toEqual([['first 0 of 3 files', '7.0.0']])
    expect(findExistingReleases(plan, carryOut(plan)).size).toBe(4)
    expect(findExistingReleases(many(4), carryOut(plan)).size).toBe(0)
  })
})

describe('checkReleases', () => {
  const plan = many(2)
  const versions = new Map(plan.releases.map(({ name }, index) => [name, `1.${index}.0`]))

  it('has nothing to say of what was carried out', () => {
    expect(checkReleases(plan, versions, carryOut(plan))).toEqual([])
  })

  it('says what was not made, what is not listed, and what is different', () => {
    const [none, , second] = carryOut(plan)
    if (!none || !second) throw new TypeError('no such release')
    const [a, b] = second.files ?? []
    if (!a || !b) throw new TypeError('no such file')
    const listed = [
      { ...none, draft: true },
      { ...second, files: [{ ...a, size: 1 }, b, { ...b, _id: 'other', name: 'z' }] },
    ]
    const messages = checkReleases(plan, versions, listed).map(({ subject, message }) => `${subject} ${message}`)
    expect(messages).toEqual([
      'release 1.0.0 (first 0 of 2 files) is a draft',
      'release 1.1.0 (first 1 of 2 files) is not listed',
      `release 1.2.0 (first 2 of 2 files) has the file "${a.name}" with 1 instead of ${a.size} bytes`,
      'release 1.2.0 (first 2 of 2 files) has a file too many: "z"',
    ])
    expect(checkReleases(plan, new Map(), carryOut(plan)).map(({ message }) => message)).toEqual(
      Array(3).fill('was not made'),
    )
  })
})

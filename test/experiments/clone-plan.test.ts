import { describe, expect, it } from 'vitest'
import type { ComparedParts } from '../../src/lib/experiments/skeleton/compare.js'
import { newDestination, type DestinationState } from '../../src/lib/experiments/clone-releases/destination.js'
import { planClone } from '../../src/lib/experiments/clone-releases/plan.js'
import { countPlan, countSteps } from '../../src/lib/experiments/clone-releases/plan-counts.js'
import type { FileSkeleton, ReleaseSkeleton } from '../../src/lib/experiments/skeleton/release-skeleton.js'
import { ManifestError } from '../../src/lib/registry/image/parse-manifest.js'
import type { ImageSkeleton } from '../../src/lib/registry/image-skeleton.js'

const everything: ComparedParts = { files: true, images: true }
const nothing = newDestination('Copy')

function file(sourceId: string, name: string, sizeBytes: number | undefined = 10): FileSkeleton {
  return { sourceId, name, sizeBytes, mime: undefined, tags: [] }
}

function release(semver: string, more: Partial<ReleaseSkeleton> = {}): ReleaseSkeleton {
  return { semver, notes: 'n', minor: false, draft: false, files: [], images: [], ...more }
}

function image(...layers: [digest: string, sizeBytes: number][]): ImageSkeleton {
  const skeletons = layers.map(([digest, sizeBytes]) => ({ digest, sizeBytes }))
  return { isIndex: false, leftOut: [], images: [{ layers: skeletons }] }
}

function plan(
  releases: ReleaseSkeleton[],
  { destination = nothing, parts = everything, images = new Map<string, ImageSkeleton | ManifestError>() } = {},
) {
  return planClone({ releases, images }, destination, parts)
}

describe('planClone', () => {
  it('uploads a file that releases share once, in the order of need', () => {
    const [a, b, c] = [file('1', 'a'), file('2', 'b'), file('3', 'c')]

    const { uploads, releases } = plan([release('1.0.0', { files: [b, a] }), release('2.0.0', { files: [a, c] })])

    expect(uploads.map(({ name }) => name)).toEqual(['b', 'a', 'c'])
    expect(releases).toHaveLength(2)
  })

  it('maps each source file to one file of the destination and no two to the same', () => {
    const twins = [file('1', 'w'), file('2', 'w'), file('3', 'w')]
    const destination: DestinationState = {
      ...nothing,
      releases: new Map([['1.0.0', release('1.0.0', { files: [file('x1', 'w')] })]]),
      files: [
        { _id: 'x1', name: 'w', size: 10 },
        { _id: 'x2', name: 'w', size: 10 },
        { _id: 'unfinished', name: 'w', size: 10, complete: false },
        { _id: 'other size', name: 'w', size: 11 },
      ],
    }

    const { reused, uploads, skipped } = plan(
      twins.map((twin, index) => release(`${index + 1}.0.0`, { files: [twin] })),
      { destination },
    )

    expect(skipped).toEqual(['1.0.0'])
    expect([...reused]).toEqual([['2', 'x2']])
    expect(uploads.map(({ sourceId }) => sourceId)).toEqual(['3'])
  })

  it('never takes a file of a release that is no copy for an orphan', () => {
    const destination: DestinationState = {
      ...nothing,
      releases: new Map([['9.0.0', release('9.0.0', { files: [file('x', 'w')] })]]),
      files: [{ _id: 'x', name: 'w', size: 10 }],
    }

    expect(plan([release('1.0.0', { files: [file('1', 'w')] })], { destination }).uploads).toHaveLength(1)
  })

  it.each([
    ['2.0.0-a-b', 'invalid-semver', 'second dash'],
    ['1.0.0-dev1', 'invalid-semver', 'first letter v'],
    ['1.0', 'invalid-semver', '1.2.3'],
    ['v1.0.0', 'invalid-semver', '1.2.3'],
    ['1.0.0+build', 'invalid-semver', '1.2.3'],
    ['', 'invalid-semver', '1.2.3'],
  ])('says what is wrong with the version %j', (semver, code, message) => {
    const { problems, releases } = plan([release(semver), release('3.0.0')])

    expect(problems).toEqual([expect.objectContaining({ code, subject: `release ${semver}` })])
    expect(problems[0]?.message).toContain(message)
    expect(releases.map((planned) => planned.semver)).toEqual(['3.0.0'])
  })

  it('accepts a request of exactly the size that Bailo takes, and not one byte more', () => {
    const body = { semver: '1.0.0', notes: '', minor: false, draft: false, fileIds: [], images: [] }
    const room = 102_400 - Buffer.byteLength(JSON.stringify(body))

    expect(plan([release('1.0.0', { notes: 'x'.repeat(room) })]).problems).toEqual([])
    // One more character of one byte, and one character of two bytes in the place of one.
    for (const notes of ['x'.repeat(room + 1), `${'x'.repeat(room - 1)}é`]) {
      expect(plan([release('1.0.0', { notes })]).problems).toEqual([
        expect.objectContaining({ code: 'body-too-large', message: expect.stringContaining('102401') as string }),
      ])
    }
  })

  it('counts files and images into the size of the request, unless they are left out', () => {
    const files = Array.from({ length: 3800 }, (_, index) => file(String(index), `f${index}`))

    expect(plan([release('1.0.0', { files })]).problems).toEqual([expect.objectContaining({ code: 'body-too-large' })])
    expect(plan([release('1.0.0', { files })], { parts: { files: false, images: true } }).problems).toEqual([])
  })

  it('names empty, unfinished and doubled files, empty notes and doubled versions', () => {
    const { problems } = plan([
      release('1.0.0', { files: [file('1', 'empty', 0)] }),
      release('2.0.0', { files: [{ ...file('2', 'open'), sizeBytes: undefined }] }),
      release('3.0.0', { files: [file('3', 'same'), file('4', 'same')] }),
      release('4.0.0', { notes: '' }),
      release('5.0.0'),
      release('5.0.0'),
    ])

    expect(problems.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'file-without-size release 1.0.0',
      'file-without-size release 2.0.0',
      'duplicate-file-name release 3.0.0',
      'empty-notes release 4.0.0',
      'duplicate-semver release 5.0.0',
    ])
  })

  it('leaves an existing release that differs alone, and says in what', () => {
    const destination: DestinationState = {
      ...nothing,
      releases: new Map([['1.0.0', release('1.0.0', { draft: true, files: [file('x', 'a', 11), file('y', 'b')] })]]),
    }

    const { problems, releases, uploads } = plan([release('1.0.0', { files: [file('1', 'a', 10)] })], { destination })

    expect(problems[0]).toMatchObject({ code: 'existing-release-differs', subject: 'release 1.0.0' })
    expect(problems[0]?.message).toContain('is a draft, unlike the source')
    expect(problems[0]?.message).toContain('has the file "a" with 11 instead of 10 bytes')
    expect(problems[0]?.message).toContain('has a file too many: "b"')
    expect([releases, uploads]).toEqual([[], []])
  })

  it('pushes an image that releases share once, and none that is there alike', () => {
    const images = new Map([
      ['server:1', image(['a', 5], ['b', 6])],
      ['tool:1', image(['a', 5])],
      ['there:1', image(['c', 7])],
    ])
    const reference = (name: string) => ({ repository: 'source', name, tag: '1' })
    const destination = { ...nothing, images: new Map([['there:1', image(['other digest', 7])]]) }

    const planned = plan(
      [
        release('1.0.0', { images: [reference('server'), reference('tool')] }),
        release('1.1.0', { images: [reference('server'), reference('there')] }),
      ],
      { images, destination },
    )

    expect(planned.images.map(({ name }) => name)).toEqual(['server', 'tool'])
    const counts = countPlan(planned)
    expect(counts).toMatchObject({ releases: 2, images: 2, layers: 2, mounts: 1, bytes: 11 })
    expect(countSteps(counts)).toBe(7)
  })

  it('does without releases whose image cannot be read', () => {
    const images = new Map([['server:1', new ManifestError('it is of schema 1')]])
    const references = [{ repository: 'source', name: 'server', tag: '1' }]

    const { problems, releases } = plan([release('1.0.0', { images: references }), release('2.0.0')], { images })

    expect(problems).toEqual([expect.objectContaining({ code: 'unreadable-image', subject: 'release 1.0.0' })])
    expect(problems[0]?.message).toContain('schema 1')
    expect(releases.map(({ semver }) => semver)).toEqual(['2.0.0'])
  })
})

import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/lib/content/seeded-random.js'
import { UsageError } from '../../src/lib/errors.js'
import { flipCase, writeInCase } from '../../src/lib/experiments/many-models-with-tags/letter-case.js'
import { checkPlan, planModels } from '../../src/lib/experiments/many-models-with-tags/plan.js'
import { judge } from '../../src/lib/experiments/many-models-with-tags/search-tags.js'
import { checkTags } from '../../src/lib/experiments/many-models-with-tags/tags.js'

/** A run that one process makes. */
function alone(id: string) {
  return { id, owns: () => true }
}

describe('flipping the case of a tag', () => {
  it.each(['foo-bar', 'grün 7', 'οδός', 'straße', 'ﬁne', 'İzmir', '日本', 'a', '42'])(
    'keeps %j the same tag',
    (tag) => {
      for (let index = 0; index < 100; index++) {
        const flipped = flipCase(createRandom('seed', String(index)), tag)
        expect(flipped.toLowerCase()).toBe(tag.toLowerCase())
      }
    },
  )

  it('comes up with every way to write it, and the same for the same seed', () => {
    const flip = (seed: string) =>
      Array.from({ length: 200 }, (_, index) => flipCase(createRandom(seed, `${index}`), 'ab-c'))
    const ways = ['AB-C', 'AB-c', 'Ab-C', 'Ab-c', 'aB-C', 'aB-c', 'ab-C', 'ab-c']
    expect([...new Set(flip('seed'))].toSorted()).toEqual(ways.toSorted())
    expect(flip('seed')).toEqual(flip('seed'))
    expect(flip('other')).not.toEqual(flip('seed'))
  })

  it('has three ways to search for it', () => {
    const write = (tag: string) =>
      (['lower', 'upper', 'mixed'] as const).map((letterCase) => writeInCase(tag, letterCase))
    expect(write('Foo-bar')).toEqual(['foo-bar', 'FOO-BAR', 'FoO-bAr'])
    expect(write('x1')).toEqual(['x1', 'X1', 'X1'])
    expect(write('42')).toEqual(['42', '42', '42'])
  })
})

describe('the tags to draw from', () => {
  it('are kept as the server keeps them, without spaces around them', () => {
    expect(checkTags(['Foo-Bar', ' speech to text ', '42'])).toEqual(['foo-bar', 'speech to text', '42'])
  })

  it.each([
    [[], /names no tag/],
    [['', ' '], /names no tag/],
    [['a', '', 'b'], /a comma too many/],
    [['a', 'A'], /"A" and "a" differ in case only/],
    [['a', 'b', 'a'], /"a" is named twice/],
    [['--'], /"--" has neither a letter nor a digit/],
    [['x'.repeat(2001)], /too long/],
    [['語'.repeat(300)], /too long/],
    [['a\u001b[31m', 'A\u001b[31m'], /"A\\\\u\{1b\}\[31m" and/],
  ])('are refused as %j', (tags, message) => {
    expect(() => checkTags(tags)).toThrow(UsageError)
    expect(() => checkTags(tags)).toThrow(message)
  })
})

describe('the plan', () => {
  const plan = { count: 300, prefix: 'P', tags: ['a', 'b', 'c'], seed: 'seed' }
  const list = (changes: Partial<typeof plan> = {}, runId = 'run') => [
    ...planModels({ ...plan, ...changes }, alone(runId)),
  ]

  it('gives each model one to all of the tags, none twice', () => {
    const counts = new Set<number>()
    for (const { tags } of list()) {
      counts.add(tags.length)
      expect(new Set(tags.map((tag) => tag.toLowerCase())).size).toBe(tags.length)
    }
    expect(counts).toEqual(new Set([1, 2, 3]))
    const upper = list()
      .flatMap(({ tags }) => tags)
      .filter((tag) => tag !== tag.toLowerCase())
    expect(upper.length).toBeGreaterThan(100)
  })

  it('is the same for the same seed but for the id of the run, and another for another', () => {
    expect(list()).toEqual(list())
    expect(list().map(({ name }) => name)[6]).toBe('P-run-007')
    const withoutName = ({ tags, stepName }: ReturnType<typeof list>[number]) => ({ tags, stepName })
    expect(list({}, 'other').map(withoutName)).toEqual(list().map(withoutName))
    expect(list({ seed: 'other' }).map(({ tags }) => tags)).not.toEqual(list().map(({ tags }) => tags))
    // More models leave the first as they are.
    expect(list({ count: 900 }).slice(0, 300)).toEqual(list())
  })

  it('generates a million models only as they are asked for', () => {
    expect(planModels({ ...plan, count: 1_000_000 }, alone('run')).next().value).toMatchObject({
      name: 'P-run-0000001',
    })
  })

  it('is refused before anything is made when a request would be too large', () => {
    expect(() => checkPlan({ ...plan, prefix: 'x'.repeat(102_400) }, 'run')).toThrow(/102400/)
    expect(() => checkPlan({ ...plan, prefix: ' ' }, 'run')).toThrow(/--prefix is empty/)
    expect(() => checkPlan({ ...plan, prefix: 'x'.repeat(100_000) }, 'run')).not.toThrow()
  })
})

describe('a search', () => {
  const model = (id: string, tags: string[], place = { isOnModel: true, isInCard: false }) => ({
    id,
    name: `M-run-${id}`,
    tags,
    ...place,
  })
  const models = [model('1', ['Foo-Bar']), model('2', ['foo-bar', 'X']), model('3', ['FOO-baz']), model('4', ['other'])]
  const search = (kind: 'libraries' | 'text', query: string, ids: string[], among = models) =>
    judge({ tag: 'foo-bar', kind, letterCase: 'mixed', query }, among, new Set(ids))

  it.each([
    ['libraries', 'foo-bar', ['1', '2'], { expected: 2, found: 2, others: 0, verdict: 'as-expected' }],
    [
      'libraries',
      'foo-bar',
      ['1', '2', 'of-another-run'],
      { expected: 2, found: 2, others: 0, verdict: 'as-expected' },
    ],
    ['libraries', 'foo-bar', ['1'], { expected: 2, found: 1, verdict: 'wrong' }],
    ['libraries', 'foo-bar', ['1', '2', '3'], { expected: 2, found: 2, others: 1, verdict: 'wrong' }],
    ['libraries', 'foo-bar', [], { expected: 2, found: 0, verdict: 'wrong' }],
    ['libraries', 'FOO-BAR', [], { expected: 0, found: 0, verdict: 'as-expected' }],
    ['libraries', 'FOO-BAR', ['1', '2'], { expected: 0, found: 2, verdict: 'any-case' }],
    ['libraries', 'FOO-BAR', ['1'], { expected: 0, found: 1, verdict: 'wrong' }],
    ['libraries', 'Foo-Bar', ['1'], { expected: 0, found: 1, verdict: 'wrong' }],
    ['text', 'FOO-BAR', ['1', '2'], { expected: 2, found: 2, others: 0, verdict: 'as-expected' }],
    ['text', 'FOO-BAR', ['1', '2', '3'], { expected: 2, found: 2, others: 1, verdict: 'as-expected' }],
    ['text', 'FOO-BAR', ['1', '2', '4'], { expected: 2, found: 2, others: 1, verdict: 'wrong' }],
    ['text', 'foo-bar', ['2', '3'], { expected: 2, found: 1, others: 1, verdict: 'wrong' }],
  ] as const)('by %s for %s that finds %j', (kind, query, ids, expected) => {
    expect(search(kind, query, [...ids])).toMatchObject({ created: 2, ...expected })
  })

  it('by tag finds nothing of what is in cards only, or what is written exactly so', () => {
    const inCards = models.map((one) => ({ ...one, isOnModel: false, isInCard: true }))
    expect(search('libraries', 'foo-bar', [], inCards)).toMatchObject({
      created: 2,
      expected: 0,
      verdict: 'as-expected',
    })
    expect(search('libraries', 'Foo-Bar', ['1'], inCards)).toMatchObject({ found: 1, verdict: 'as-written' })
    expect(search('libraries', 'Foo-Bar', ['2'], inCards)).toMatchObject({ found: 1, verdict: 'wrong' })
    expect(search('text', 'foo-bar', ['1', '2'], inCards)).toMatchObject({ expected: 2, verdict: 'as-expected' })
  })
})

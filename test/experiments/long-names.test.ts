import { describe, expect, it } from 'vitest'
import { SCRIPTS } from '../../src/lib/content/long-word.js'
import { ExitCode } from '../../src/lib/errors.js'
import { compareText } from '../../src/lib/experiments/long-names/check.js'
import { measureTexts, planLongNames, type LongNamesSizes } from '../../src/lib/experiments/long-names/plan.js'

const cardSchema = (maxLength: number) => ({
  type: 'object',
  properties: {
    short: { type: 'string', maxLength },
    long: { type: 'string' },
    list: { type: 'array', items: { type: 'string' } },
    date: { type: 'string', format: 'date' },
  },
  additionalProperties: false,
})
const schemas = { model: { id: 'm', jsonSchema: cardSchema(40) }, dataCard: { id: 'd', jsonSchema: cardSchema(30) } }
const sizes: LongNamesSizes = { length: 500, fileNameBytes: 255, script: 'latin', seed: 'seed' }
const plan = (changes: Partial<LongNamesSizes> = {}) => planLongNames({ ...sizes, ...changes }, schemas, 'runid234')
const characters = (text: unknown) => [...(text as string)].length

describe.each(SCRIPTS)('long names in %s', (script) => {
  it('are as long as asked for, in characters, without a place to break', () => {
    const { model, dataCard, file, release } = plan({ script })
    for (const entry of [model, dataCard]) {
      expect(characters(entry.name)).toBe(500)
      expect(entry.name.startsWith('runid234')).toBe(true)
      expect(characters(entry.description)).toBe(500)
      expect(characters(entry.tag)).toBe(500)
      expect(entry.tag).toBe(entry.tag.toLowerCase())
      expect(characters(entry.metadata['long'])).toBe(500)
      expect(entry.metadata['date']).toMatch(/^\d{4}-\d\d-\d\d$/)
    }
    expect([characters(model.metadata['short']), characters(dataCard.metadata['short'])]).toEqual([40, 30])
    expect(characters(release.notes)).toBe(500)
    expect(Buffer.byteLength(file.name)).toBe(255)
    for (const { what, characters: count } of measureTexts(plan({ script }))) expect(count, what).toBeGreaterThan(50)
    expect(JSON.stringify([model, dataCard, file.name, release])).not.toMatch(/\s|\uFFFD/)
  })

  it('have a file name of exactly so many bytes, and send it in a body when an address might not take it', () => {
    for (const fileNameBytes of [1, 2, 3, 255, 256, 1999]) {
      expect(Buffer.byteLength(plan({ script, fileNameBytes }).file.name)).toBe(fileNameBytes)
    }
    const isInParts = (fileNameBytes: number) => plan({ script, fileNameBytes }).file.isInParts
    const addressBytes = script === 'latin' ? 1 : 3
    expect(isInParts(Math.floor(1990 / addressBytes))).toBe(false)
    expect(isInParts(Math.ceil(2010 / addressBytes))).toBe(true)
  })

  it('are refused beforehand when a request would be too large, with the greatest length that is not', () => {
    let refusal: unknown
    try {
      plan({ script, length: 100_000 })
    } catch (error) {
      refusal = error
    }
    const what = /^With --length 100000 --script \w+ the model has \d+ bytes; Bailo takes 102400 bytes/
    expect(refusal).toMatchObject({ exitCode: ExitCode.Usage, message: expect.stringMatching(what) as string })
    const [hint = ''] = (refusal as { tryNext: string[] }).tryNext
    const longest = Number(/--length (\d+) or less/.exec(hint)?.[1])
    expect(() => plan({ script, length: longest })).not.toThrow()
    expect(() => plan({ script, length: longest + 1 })).toThrow()
    // As names of 3,000 characters are known to be taken, nothing may refuse them here.
    expect(longest).toBeGreaterThan(3000)
  })
})

it('follow from the seed, and only names from the run', () => {
  expect(plan()).toEqual(plan())
  expect(plan({ seed: 'other' }).model.description).not.toBe(plan().model.description)
  const otherRun = planLongNames(sizes, schemas, 'other234')
  expect(otherRun.model).toEqual({ ...plan().model, name: plan().model.name.replace('runid234', 'other234') })
  expect(otherRun.file).toEqual(plan().file)
})

it('have a version that Bailo reads as it is: no second dash, no v, no more than 256 characters', () => {
  for (const length of [16, 100, 256, 5000]) {
    const { semver } = plan({ length }).release
    expect(semver).toMatch(/^1\.0\.0-[a-uw-z]+$/)
    expect(semver).toHaveLength(Math.min(length, 256))
  }
})

it('say when the name of a file makes a request too large', () => {
  expect(() => plan({ fileNameBytes: 102_500 })).toThrow(
    /With --file-name-length 102500 the upload of the file has \d+ bytes/,
  )
})

describe('a text that is stored otherwise', () => {
  it.each([
    ['abc', 'abc', undefined],
    ['😀😁😂', '😀😁', 'is cut to 2 of 3 characters'],
    ['😀😁😂', '😀😁😃', 'is stored otherwise from character 3 on'],
    ['abc', 'abcd', 'is stored otherwise from character 4 on'],
    ['abc', undefined, 'is not stored'],
    ['abc', '', 'is cut to 0 of 3 characters'],
  ])('%j as %j: %s', (sent, stored, message) => {
    expect(compareText('name', sent, stored)).toEqual(message === undefined ? [] : [{ subject: 'name', message }])
  })
})

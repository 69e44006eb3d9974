import { describe, expect, it } from 'vitest'
import { answers } from '../../src/lib/api/answers.js'
import { UnexpectedAnswerError } from '../../src/lib/http/errors.js'

const OPERATION = { method: 'GET', path: '/x' }
const FILE = { _id: '63f0', name: 'a' }
const RELEASE = { semver: '1.0.0', notes: 'n' }

describe('an answer that fits', () => {
  it.each([
    ['model', { model: { id: 'a', name: 'b', kind: 'model' } }],
    ['card', { modelCard: {} }],
    ['card', { modelCard: { version: 1, schemaId: 's' } }],
    ['schemas', { schemas: [{ id: 's', active: true }] }],
    ['files', { files: [] }],
    ['files', { files: [FILE, { ...FILE, size: 2 ** 40, mime: 'x/y', tags: ['t'], complete: false }] }],
    ['file', { file: FILE }],
    ['images', { images: [{ repository: 'm', name: 'i', tags: ['1'] }] }],
    ['releases', { releases: [RELEASE, { ...RELEASE, minor: true, draft: false, files: [FILE], images: [] }] }],
    ['release', { release: { semver: '1.0.0' } }],
    ['multipartStart', { fileId: 'f', uploadId: 'u', chunks: [{ startByte: 0, endByte: 0 }] }],
    ['part', { ETag: '"x"' }],
  ] as const)('is returned as it came, with all else it has (%s)', (name, value) => {
    const answer = { ...value, somethingNew: { a: 1 } }
    expect(answers[name].check(OPERATION, answer)).toBe(answer)
  })
})

describe('an answer that does not fit', () => {
  it.each([
    ['model', null, 'the document must be object'],
    ['model', [], 'the document must be object'],
    ['model', {}, "the document must have required property 'model'"],
    ['model', { model: { id: 1, name: 'b', kind: 'model' } }, '/model/id must be string'],
    ['card', { modelCard: { version: 1.5 } }, '/modelCard/version must be integer'],
    ['files', { files: { 0: FILE } }, '/files must be array'],
    ['files', { files: [FILE, { _id: 'x' }] }, "/files/1 must have required property 'name'"],
    ['files', { files: [{ ...FILE, size: -1 }] }, '/files/0/size must be >= 0'],
    ['files', { files: [{ ...FILE, size: 2 ** 60 }] }, '/files/0/size must be <= 9007199254740991'],
    ['files', { files: [{ ...FILE, size: '10' }] }, '/files/0/size must be integer'],
    ['releases', { releases: [{ ...RELEASE, images: ['a:1'] }] }, '/releases/0/images/0 must be object'],
    ['release', { card: RELEASE }, "the document must have required property 'release'"],
    ['part', { ETag: null }, '/ETag must be string'],
  ] as const)('is refused with the place that differs (%s, %j)', (name, value, place) => {
    const call = (): unknown => answers[name].check(OPERATION, value)
    expect(call).toThrow(UnexpectedAnswerError)
    expect(call).toThrow(`GET /x: the answer does not fit the contract of Bailo's API: ${place}.`)
  })
})

it('describes where a dump is no list of releases', () => {
  expect(answers.releases.findMismatch({ releases: [RELEASE] })).toBeUndefined()
  expect(answers.releases.findMismatch({ releases: [{ semver: '1.0.0' }] })).toBe(
    "/releases/0 must have required property 'notes'",
  )
})

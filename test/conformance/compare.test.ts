import { describe, expect, test } from 'vitest'
import { Bindings } from './bindings.js'
import { compareAnswers, type Answer } from './compare.js'
import type { Sample } from './samples.js'

const A_MODEL = 'some-name-abc123'
const ITS_MODEL = 'some-name-zzz999'

function sampleOf(response: unknown, more: Partial<Sample> = {}): Sample {
  const request = { method: 'GET', path: '/', headers: {} }
  return { name: 'n', request, status: 200, headers: {}, response: response as Sample['response'], ...more }
}

function answerOf(body: unknown, more: Partial<Answer> = {}): Answer {
  return { status: 200, headers: {}, body, ...more }
}

function compare(sample: Sample, answer: Answer, bindings = new Bindings()): string[] {
  return compareAnswers(sample, answer, bindings).map(({ aspect, text }) => `${aspect}: ${text}`)
}

describe('bodies', () => {
  test.for([
    ['a key that is missing', { a: 1, b: 1 }, { a: 1 }, 'shape: body.b is missing'],
    ['a key that is too many', { a: 1 }, { a: 1, b: 1 }, 'shape: body.b should not be there'],
    ['a type', { a: { b: '1' } }, { a: { b: 1 } }, 'shape: body.a.b is number instead of string'],
    ['null, which is no object', { a: null }, { a: {} }, 'shape: body.a is object instead of null'],
    ['the length of a list', { a: [1] }, { a: [1, 1] }, 'shape: body.a has 2 entries instead of 1'],
    [
      'the length of a shortened list',
      { a: [1, 1, '... 2 more of the same shape'] },
      { a: [1, 1, 1] },
      'shape: body.a has 3 entries instead of 4',
    ],
    [
      'what was left out of a list',
      { a: [1, '... 1 more of the same shape'] },
      { a: [1, 'b'] },
      'shape: body.a.1 is string instead of number',
    ],
    ['a value', { a: true }, { a: false }, 'values: body.a is false instead of true'],
    ['the rest of a shortened text', 'xx... (9 characters)', 'xxxxxxxx', /^values: body is "x{8}" instead of/],
    ['what is no time', { at: '2026-01-02T03:04:05.678Z' }, { at: 'now' }, /^values: body.at is "now" instead of/],
  ] as const)('differ in %s', ([, expected, actual, finding]) => {
    expect(compare(sampleOf(expected), answerOf(actual))).toEqual([
      typeof finding === 'string' ? finding : expect.stringMatching(finding),
    ])
  })

  test.for([
    ['lists are shortened', { a: ['b', '... 1 more of the same shape'] }, { a: ['b', 'c'] }],
    ['texts are shortened', { a: 'xx... (5 characters)' }, { a: 'xxxxx' }],
    ['times differ', { a: '2026-01-02T03:04:05.678Z' }, { a: '2025-01-01T00:00:00.000Z' }],
    ['secrets were taken out', { a: '<redacted>' }, { a: 'BSK_1' }],
    ['ids differ', { a: '0123456789abcdef01234567' }, { a: '76543210fedcba9876543210' }],
    ['models differ in what is random', { id: A_MODEL }, { id: ITS_MODEL }],
    ['ids differ inside a path', { a: `x/${A_MODEL}/files` }, { a: `x/${ITS_MODEL}/files` }],
  ] as const)('are the same although %s', ([, expected, actual]) => {
    expect(compare(sampleOf(expected), answerOf(actual))).toEqual([])
  })
})

describe('ids', () => {
  test('stay the same once they were seen', () => {
    const bindings = new Bindings()
    expect(compare(sampleOf({ id: A_MODEL }), answerOf({ id: ITS_MODEL }), bindings)).toEqual([])
    expect(bindings.translate(`/model/${A_MODEL}/files`)).toBe(`/model/${ITS_MODEL}/files`)
    const another = compare(sampleOf({ id: A_MODEL }), answerOf({ id: 'some-name-000000' }), bindings)
    expect(another).toEqual([expect.stringContaining('values: body.id')])
    const twice = compare(sampleOf({ id: 'some-name-111111' }), answerOf({ id: ITS_MODEL }), bindings)
    expect(twice).toEqual([expect.stringContaining('values: body.id')])
  })

  test('of models begin with the name of the model', () => {
    expect(compare(sampleOf({ id: A_MODEL }), answerOf({ id: 'other-name-abc123' }))).toHaveLength(1)
  })
})

describe('errors', () => {
  test('differ in name and message, which are no values', () => {
    const errorOf = (message: string) => ({ error: { name: 'Bailo Error', message } })
    expect(compare(sampleOf(errorOf('no')), answerOf(errorOf('No')))).toEqual([
      'message: ["Bailo Error: No"] instead of ["Bailo Error: no"]',
    ])
  })

  test('of the registry differ in code and message', () => {
    const errorOf = (code: string) => ({ errors: [{ code, message: 'denied' }] })
    expect(compare(sampleOf(errorOf('DENIED')), answerOf(errorOf('UNKNOWN')))).toEqual([
      'message: ["UNKNOWN: denied"] instead of ["DENIED: denied"]',
    ])
  })

  test('on pages differ in their text', () => {
    const page = (text: string) => `<head><title>${text}</title></head>\n<body><center>${text}</center></body>`
    expect(compare(sampleOf(page('404')), answerOf(page('500')))).toEqual([expect.stringMatching(/^message: /)])
  })
})

describe('headers', () => {
  test.for([
    ['one that is missing', { range: '0-0' }, {}],
    ['one that is too many', {}, { 'content-type': 'text/plain' }],
    ['the type of the content', { 'content-type': 'text/html' }, { 'content-type': 'text/html; charset=utf-8' }],
    ['the path of a location', { location: '/v2/a/b?_state=1' }, { location: '/v2/a/c?_state=1' }],
    ['the parameters of a location', { location: '/v2/a/b?_state=1' }, { location: '/v2/a/b' }],
  ] as const)('differ in %s', ([, expected, actual]) => {
    const differences = compare(sampleOf('', { headers: expected }), answerOf('', { headers: actual }))
    expect(differences).toEqual([expect.stringMatching(/^headers: /)])
  })

  test('are the same although the state of an upload differs, and although there are others', () => {
    const headers = { location: '/v2/a/b?_state=2', date: 'today' }
    expect(compare(sampleOf('', { headers: { location: '/v2/a/b?_state=1' } }), answerOf('', { headers }))).toEqual([])
  })
})

test('statuses differ', () => {
  expect(compare(sampleOf(''), answerOf('', { status: 201 }))).toEqual(['status: 201 instead of 200'])
})

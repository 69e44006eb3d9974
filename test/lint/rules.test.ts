import { describe, expect, it } from 'vitest'
import { CHANGE_RULES } from '../../src/lib/lint/diff/rules.js'
import { RULES } from '../../src/lib/lint/rules/index.js'
import type { Rule } from '../../src/lib/lint/rules/rule.js'
import { callOf, messagesOf, operationsOf, subjectOf, subjectOfExample } from './subject.js'

function rule(id: string): Rule {
  const found = RULES.find((one) => one.id === id)
  if (found === undefined) throw new Error(`there is no rule ${id}`)
  return found
}

const sent = (names: readonly string[], isComplete = true) => ({ names, isComplete })

describe('the rules', () => {
  // Baselines and settings of users name them: none may ever change or go.
  it('have these ids and levels', () => {
    expect(RULES.map(({ id, level }) => `${id} ${level}`)).toEqual([
      'endpoint-unknown error',
      'method-unknown error',
      'endpoint-not-covered warning',
      'endpoint-deprecated warning',
      'query-parameter-unknown warning',
      'query-parameter-missing error',
      'body-field-unknown warning',
      'body-field-missing error',
      'endpoint-unresolved warning',
      'client-unreadable error',
      'path-parameter-mismatch error',
      'path-parameter-optional warning',
      'response-undescribed info',
      'duplicate-path error',
      'response-drift warning',
      'response-mismatch warning',
    ])
  })

  it('have ids of their own in kebab case, and sentences as descriptions', () => {
    const all = [...RULES, ...CHANGE_RULES]
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const { id, description } of all) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/)
      expect(description).toMatch(/^[A-Z].+[.]$/)
    }
  })

  it.each(RULES)('$id finds what its bad example has, once', async (one) => {
    expect(messagesOf(one, await subjectOfExample(one.bad))).toHaveLength(1)
  })

  it.each(RULES)('$id finds nothing in its good example', async (one) => {
    expect(messagesOf(one, await subjectOfExample(one.good))).toEqual([])
  })

  it.each(RULES)('$id lets an empty client of an empty specification pass', (one) => {
    expect(messagesOf(one, subjectOf([]))).toEqual([])
  })
})

describe('endpoint-unknown', () => {
  it('names the nearest path', () => {
    const operations = operationsOf({ '/api/v2/models/search': { get: {} } })
    expect(messagesOf(rule('endpoint-unknown'), subjectOf(operations, [callOf('GET /api/v2/model/search')]))).toEqual([
      'The specification has no path /api/v2/model/search; the nearest is /api/v2/models/search.',
    ])
  })

  it('takes a parameter for a variable rather than for a word', () => {
    const paths = ['/api/v2/file/{fileId}', '/api/v2/models/search', '/api/v2/model/{modelId}']
    const operations = operationsOf(Object.fromEntries(paths.map((path) => [path, { get: {} }])))
    expect(messagesOf(rule('endpoint-unknown'), subjectOf(operations, [callOf('GET /api/v2/modelz/{m}')]))).toEqual([
      'The specification has no path /api/v2/modelz/{m}; the nearest is /api/v2/model/{modelId}.',
    ])
  })
})

describe('method-unknown', () => {
  it('names the methods of all templates that fit', () => {
    const operations = operationsOf({ '/role/{id}': { delete: {} }, '/role/{name}': { put: {} } })
    expect(messagesOf(rule('method-unknown'), subjectOf(operations, [callOf('GET /role/{x}')]))).toEqual([
      'The specification has /role/{id} with DELETE, PUT, not with GET.',
    ])
  })

  it('takes HEAD for GET, as every server does', () => {
    const operations = operationsOf({ '/reviews': { get: {} } })
    expect(messagesOf(rule('method-unknown'), subjectOf(operations, [callOf('HEAD /reviews')]))).toEqual([])
    // It makes no use of the answer, though.
    expect(messagesOf(rule('endpoint-not-covered'), subjectOf(operations, [callOf('HEAD /reviews')]))).toHaveLength(1)
  })
})

describe('parameters of the query', () => {
  const operations = operationsOf(`
    /files:
      parameters: [{ name: name, in: query, required: true }]
      get:
        parameters: [{ name: filter, in: query, style: deepObject }, { name: tags, in: query }, { name: h, in: header, required: true }]
  `)

  it.each([
    [['name', 'filter[kind]', 'tags[]'], []],
    [['name', 'tags[0]'], ['query-parameter-unknown tags[0]']],
    [['h', 'name'], ['query-parameter-unknown h']],
    [[], ['query-parameter-missing name']],
  ])('%j: %j', (names, expected) => {
    const subject = subjectOf(operations, [callOf('GET /files', { query: sent(names) })])
    const problems = ['query-parameter-unknown', 'query-parameter-missing'].flatMap((id) =>
      [...rule(id).check(subject)].map(({ subject: name }) => `${id} ${name}`),
    )
    expect(problems).toEqual(expected)
  })

  it('are not missing where the client may send more than can be seen', () => {
    const subject = subjectOf(operations, [callOf('GET /files', { query: sent([], false) })])
    expect(messagesOf(rule('query-parameter-missing'), subject)).toEqual([])
  })
})

describe('fields of a body', () => {
  const check = (schema: unknown, names: readonly string[], isComplete = true) => {
    const operations = operationsOf({
      '/x': { post: { requestBody: { content: { 'application/json; charset=utf-8': { schema } } } } },
    })
    const subject = subjectOf(operations, [callOf('POST /x', { body: sent(names, isComplete) })])
    return ['body-field-unknown', 'body-field-missing'].flatMap((id) =>
      [...rule(id).check(subject)].map(({ subject: name }) => `${id} ${name}`),
    )
  }
  const closed = { type: 'object', properties: { a: {}, b: {} }, required: ['a'], additionalProperties: false }

  it('come from all parts of a schema', () => {
    const schema = {
      allOf: [{ properties: { a: {} }, required: ['a'] }, { oneOf: [closed, { properties: { c: {} } }] }],
    }
    expect(check(schema, ['a', 'b', 'c'])).toEqual([])
    expect(check(schema, ['c', 'd'])).toEqual(['body-field-unknown d', 'body-field-missing a'])
  })

  it('are required of a union only where every choice requires them', () => {
    const schema = { oneOf: [closed, { properties: { a: {}, c: {} }, required: ['c', 'a'] }] }
    expect(check(schema, [])).toEqual(['body-field-missing a'])
  })

  it.each([
    ['additionalProperties', { type: 'object', properties: { a: {} }, additionalProperties: {} }],
    ['patternProperties', { type: 'object', properties: { a: {} }, patternProperties: { '^x': {} } }],
    ['no properties', { type: 'object', properties: {} }],
    ['nothing', {}],
    ['no object', true],
  ])('are all taken by a schema with %s', (_name, schema) => {
    expect(check(schema, ['a', 'b'])).toEqual([])
  })

  it('are none where a schema forbids all, or there is no body', () => {
    expect(check({ type: 'object', additionalProperties: false }, ['a'])).toEqual(['body-field-unknown a'])
    const subject = subjectOf(operationsOf({ '/x': { post: {} } }), [callOf('POST /x', { body: sent(['a']) })])
    expect(messagesOf(rule('body-field-unknown'), subject)).toEqual([
      'The body of POST /x has no field "a"; it has none.',
    ])
  })

  it('are not missing where the client may send more than can be seen', () => {
    expect(check(closed, ['b'], false)).toEqual([])
  })

  it('are found through references, also those that go in circles', () => {
    const root = {
      openapi: '3.0.0',
      components: {
        schemas: {
          Tree: { type: 'object', properties: { child: { $ref: '#/components/schemas/Tree' } }, required: ['child'] },
          Loop: { allOf: [{ $ref: '#/components/schemas/Loop' }, { $ref: '#/components/schemas/Tree' }] },
          Snake: { $ref: '#/components/schemas/Snake' },
        },
      },
    }
    for (const [name, expected] of [
      ['Tree', ['body-field-unknown x', 'body-field-missing child']],
      ['Loop', ['body-field-unknown x', 'body-field-missing child']],
      ['Snake', []],
      ['Absent', []],
    ] as const) {
      const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
      const operations = operationsOf({ '/x': { post: { requestBody: { content } } } }, root)
      const subject = subjectOf(operations, [callOf('POST /x', { body: sent(['x']) })])
      const found = ['body-field-unknown', 'body-field-missing'].flatMap((id) =>
        [...rule(id).check(subject)].map((problem) => `${id} ${problem.subject}`),
      )
      expect(found, name).toEqual(expected)
    }
  })
})

describe('path-parameter-mismatch', () => {
  it('also finds parameters that stand for nothing in the path', () => {
    const operations = operationsOf(`
      /a/{x}: { get: { parameters: [{ name: x, in: path, required: true }, { name: y, in: path, required: true }] } }
    `)
    expect(messagesOf(rule('path-parameter-mismatch'), subjectOf(operations))).toEqual([
      'The path of GET /a/{x} does not have its path parameter "y".',
    ])
  })
})

describe('response-drift', () => {
  const drift = (own: unknown, live: unknown) => {
    const describeAnswer = (schema: unknown) =>
      operationsOf({ '/x': { get: { responses: { '200': { content: { 'application/json': { schema } } } } } } })
    const [[ownOperation], [liveOperation]] = [describeAnswer(own), describeAnswer(live)]
    if (ownOperation === undefined || liveOperation === undefined) throw new Error('no operation')
    const subject = { ...subjectOf([]), contract: [{ own: ownOperation, live: liveOperation }] }
    return [...rule('response-drift').check(subject)].map(({ message, pointer }) => [message, pointer])
  }
  const list = (items: unknown) => ({ type: 'object', properties: { images: { type: 'array', items } } })
  const SCHEMA = '/paths/~1x/get/responses/200/content/application~1json/schema'

  it('names the place in the answer and in the specification', () => {
    expect(drift(list({ type: 'object', properties: { tag: {} } }), list({ type: 'string' }))).toEqual([
      [
        'GET /x, /images/*: the contract has the type object, the specification has string.',
        `${SCHEMA}/properties/images/items`,
      ],
    ])
  })

  it.each([
    ['only the contract has the value "b"', { enum: ['a', 'b'] }, { enum: ['a'] }],
    ['only the specification has the value "b"', { enum: ['a'] }, { enum: ['a', 'b'] }],
    [undefined, { enum: ['a'] }, { type: 'string' }],
    [undefined, { type: 'integer' }, { type: 'number' }],
    ['the contract has the type number, the specification has integer', { type: 'number' }, { type: 'integer' }],
    [undefined, {}, { type: 'object', properties: { a: {} }, required: ['a'] }],
    [undefined, { type: 'object', properties: { a: {} }, required: ['a'] }, { type: 'object', properties: {} }],
  ])('%s', (expected, own, live) => {
    const found = drift(own, live).map(([message]) => message)
    expect(found).toEqual(expected === undefined ? [] : [`GET /x, the answer: ${expected}.`])
  })
})

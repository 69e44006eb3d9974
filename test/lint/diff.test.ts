import { describe, expect, it } from 'vitest'
import { findChanges } from '../../src/lib/lint/diff/changes.js'
import { CHANGE_RULES } from '../../src/lib/lint/diff/rules.js'
import { operationsOf } from './subject.js'

function changes(before: object, after: object): string[] {
  const [old, now] = [before, after].map((paths) => operationsOf(paths as Record<string, unknown>))
  return [...findChanges(old ?? [], now ?? [])].map(({ rule }) => rule)
}

const withParameters = (...parameters: object[]) => ({ '/x/{id}': { get: { parameters } } })
const withBody = (schema: object, more: object = {}) => ({
  '/x': { post: { requestBody: { content: { 'application/json': { schema } }, ...more } } },
})
const withAnswer = (schema: object, status = '200', type = 'application/json') => ({
  '/x': { get: { responses: { [status]: { content: { [type]: { schema } } } } } },
})
const query = (more: object = {}) => ({ name: 'q', in: 'query', ...more })
const a = { type: 'object', properties: { a: { type: 'string' } } }
const ab = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } }

/** For each rule what it takes for it to be found; the other way round as well where there is a rule for that. */
const CASES: readonly (readonly [string, object, object, string | undefined])[] = [
  ['operation-removed', { '/x': { get: {} } }, {}, 'operation-added'],
  ['operation-deprecated', { '/x': { get: {} } }, { '/x': { get: { deprecated: true } } }, undefined],
  ['parameter-removed', withParameters(query()), withParameters(), 'parameter-added'],
  ['parameter-moved', withParameters(query()), withParameters({ ...query(), in: 'header' }), 'parameter-moved'],
  ['parameter-required', withParameters(), withParameters(query({ required: true })), 'parameter-removed'],
  ['parameter-required', withParameters(query()), withParameters(query({ required: true })), 'parameter-optional'],
  [
    'parameter-type-changed',
    withParameters(query({ schema: { type: ['string', 'integer'] } })),
    withParameters(query({ schema: { type: 'string' } })),
    'parameter-type-widened',
  ],
  [
    'parameter-type-changed',
    withParameters(query({ schema: {} })),
    withParameters(query({ schema: { type: 'string' } })),
    'parameter-type-widened',
  ],
  [
    'parameter-value-removed',
    withParameters(query({ schema: { enum: ['a', 'b'] } })),
    withParameters(query({ schema: { enum: ['a'] } })),
    'parameter-value-added',
  ],
  ['body-required', { '/x': { post: {} } }, withBody(a, { required: true }), undefined],
  ['body-added', { '/x': { post: {} } }, withBody(a), 'body-removed'],
  ['body-field-removed', withBody(ab), withBody(a), 'body-field-added'],
  ['body-field-required', withBody(a), withBody({ ...ab, required: ['b'] }), 'body-field-removed'],
  ['body-field-required', withBody(a), withBody({ ...a, required: ['a'] }), 'body-field-optional'],
  [
    'body-field-type-changed',
    withBody({ ...a, properties: { a: { type: ['string', 'null'] } } }),
    withBody(a),
    'body-field-type-widened',
  ],
  [
    'body-field-value-removed',
    withBody({ properties: { a: { enum: ['x', 'y'] } } }),
    withBody({ properties: { a: { enum: ['y'] } } }),
    'body-field-value-added',
  ],
  ['response-removed', withAnswer(a), { '/x': { get: {} } }, 'response-added'],
  ['response-field-removed', withAnswer(ab), withAnswer(a), 'response-field-added'],
  ['response-field-optional', withAnswer({ ...a, required: ['a'] }), withAnswer(a), 'response-field-required'],
  [
    'response-field-type-changed',
    withAnswer(a),
    withAnswer({ ...a, properties: { a: { type: ['string', 'null'] } } }),
    'response-field-type-narrowed',
  ],
  [
    'response-field-value-added',
    withAnswer({ properties: { a: { enum: ['x'] } } }),
    withAnswer({ properties: { a: { enum: ['x', 'y'] } } }),
    'response-field-value-removed',
  ],
]

describe('a change', () => {
  it.each(CASES)('is %s', (rule, before, after) => {
    expect(changes(before, after)).toEqual([rule])
  })

  it.each(CASES.filter(([, , , back]) => back !== undefined))('undoing %s', (_rule, before, after, back) => {
    expect(changes(after, before)).toEqual([back])
  })

  it('has a case here for every rule', () => {
    const tried = new Set(CASES.flatMap(([rule, , , back]) => [rule, back]))
    expect(CHANGE_RULES.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([])
  })

  it('is none when only names of parameters in the path, descriptions or the order differ', () => {
    const before = withParameters({ name: 'id', in: 'path', required: true, schema: { type: 'string' } }, query())
    const after = {
      '/x/{other}': {
        get: {
          description: 'new',
          parameters: [query(), { name: 'other', in: 'path', required: true, schema: { type: 'string' } }],
        },
      },
    }
    expect(changes(before, after)).toEqual([])
    expect(changes(withBody(ab), withBody({ allOf: [a, { properties: { b: { type: 'string' } } }] }))).toEqual([])
    expect(
      changes(withAnswer({ type: 'integer' }), withAnswer({ type: 'integer' }, '200', 'Application/JSON; a=b')),
    ).toEqual([])
  })

  it('of the type of a parameter in the path is seen although its name changed', () => {
    const parameter = (name: string, type: string) => ({ name, in: 'path', required: true, schema: { type } })
    expect(
      changes(withParameters(parameter('id', 'string')), {
        '/x/{n}': { get: { parameters: [parameter('n', 'integer')] } },
      }),
    ).toEqual(['parameter-type-changed'])
  })

  it('in recursive schemas is told once, and ends', () => {
    const tree = (more: object) => ({
      openapi: '3.0.0',
      components: {
        schemas: {
          Tree: {
            type: 'object',
            properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } }, ...more },
          },
        },
      },
    })
    const paths = withAnswer({ $ref: '#/components/schemas/Tree' })
    const [old, now] = [{}, { name: { type: 'string' } }].map((more) => operationsOf(paths, tree(more)))
    const found = [...findChanges(old ?? [], now ?? [])]
    expect(found.map(({ rule, pointer }) => [rule, pointer])).toEqual([
      ['response-field-added', '/components/schemas/Tree'],
    ])
  })

  it('says where', () => {
    const before = operationsOf(withAnswer({ type: 'object', properties: { list: { type: 'array', items: ab } } }))
    const after = operationsOf(withAnswer({ type: 'object', properties: { list: { type: 'array', items: a } } }))
    expect([...findChanges(before, after)].map(({ message, pointer }) => [message, pointer])).toEqual([
      [
        'The answer 200 of GET /x, /list/*: the field "b" is gone.',
        '/paths/~1x/get/responses/200/content/application~1json/schema/properties/list/items',
      ],
    ])
  })
})

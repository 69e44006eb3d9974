import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { longWord } from '../../../src/lib/content/long-word.js'
import { readSchema, saysTheSame, SchemaError } from '../../../src/lib/content/schema-values/index.js'
import { createRandom } from '../../../src/lib/content/seeded-random.js'

type Json = Record<string, unknown>

/** A validator of the test's own, set up without anything of the generator's. */
function validatorOf(schema: Json) {
  const ajv = new Ajv({ strict: false, logger: false })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

const object = (properties: Json, more: Json = {}): Json => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
})

function make(schema: Json, seed = 'seed', count = 30, isShort = false): Json[] {
  const values = readSchema(schema)
  return Array.from({ length: count }, (_, index) => values.make(createRandom(seed, String(index)), isShort))
}

/** Schemas for which everything can be made, each with one property or more under `a`, `b` and so on. */
const SCHEMAS: Record<string, Json> = {
  'plain types': object({
    a: { type: 'string' },
    b: { type: 'number' },
    c: { type: 'integer' },
    d: { type: 'boolean' },
    e: { type: 'array', items: { type: 'string' } },
    f: object({ g: { type: 'string' }, h: object({ i: { type: 'number' } }) }),
    n: { type: 'null' },
  }),
  'types that are implied': object({
    a: { minLength: 3 },
    b: { minimum: 3, maximum: 4 },
    c: { items: { type: 'number' }, minItems: 2 },
    d: { properties: { e: { const: 'e' } }, required: ['e'] },
    f: {},
    g: true,
  }),
  'lists of types': object({ a: { type: ['string', 'null'] }, b: { type: ['null', 'integer', 'boolean'] } }),
  formats: object(
    Object.fromEntries(
      [
        'date',
        'date-time',
        'time',
        'duration',
        'email',
        'idn-email',
        'hostname',
        'ipv4',
        'ipv6',
        'uri',
        'uri-reference',
        'uri-template',
        'uuid',
        'regex',
        'json-pointer',
        'relative-json-pointer',
        'byte',
        'of-no-known-kind',
      ].map((format) => [format, { type: 'string', format }]),
    ),
  ),
  lengths: object({
    a: { type: 'string', minLength: 50, maxLength: 52 },
    b: { type: 'string', maxLength: 1 },
    c: { type: 'string', maxLength: 0 },
    d: { type: 'string', minLength: 5000 },
    e: { type: 'string', format: 'email', maxLength: 20 },
    f: { type: 'string', format: 'uri', minLength: 34 },
  }),
  patterns: object({
    a: { type: 'string', pattern: '^[A-Z]{2}\\d{3,5}(-(foo|bar))?$' },
    b: { type: 'string', pattern: '^(?=.*\\d)(?=.*[a-z]).{8,}$' },
    c: { type: 'string', pattern: 'x', minLength: 40 },
    d: { type: 'string', pattern: '^\\p{Lu}+[^a-z\\s]$' },
    e: { type: 'string', pattern: '^(\\w+\\.)*\\w+@[\\w.\\-]+$', maxLength: 12 },
    f: { type: 'string', pattern: '^\\+?[0-9 ()]{6,}\\b$' },
    g: { type: 'string', pattern: '^\\u0041[\\x42-\\x44]?\\t?$' },
    h: { type: 'string', pattern: '^[a-f0-9]{64}$' },
    i: { type: 'string', pattern: '^(?<year>\\d{4})-(0[1-9]|1[0-2])$' },
    j: { type: 'string', pattern: '^a{2,}b{3}?$', minLength: 12 },
  }),
  numbers: object({
    a: { type: 'integer', minimum: 3, maximum: 3 },
    b: { type: 'number', multipleOf: 0.25, minimum: 0.1, maximum: 2 },
    c: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.001 },
    d: { type: 'integer', multipleOf: 2.5 },
    e: { type: 'integer', exclusiveMinimum: 1, exclusiveMaximum: 3 },
    f: { type: 'number', maximum: -1e6 },
    g: { type: 'integer', minimum: 1e12 },
    h: { type: 'number', multipleOf: 0.1 },
    i: { type: 'integer', multipleOf: 7, minimum: -30, maximum: -1 },
  }),
  choices: object({
    a: { enum: ['x', 1, null, { deep: true }] },
    b: { const: 'only this' },
    c: { type: 'string', enum: ['x', 1] },
    d: { const: { a: [1, 2] } },
  }),
  lists: object({
    a: { type: 'array', uniqueItems: true, minItems: 3, items: { enum: [1, 2, 3] } },
    b: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
    c: { type: 'array', contains: { const: 7 }, items: { type: 'integer' } },
    d: { type: 'array', maxItems: 0 },
    e: { type: 'array', minItems: 12, maxItems: 12, items: object({ f: { type: 'boolean' } }) },
    g: { type: 'array' },
    h: { type: 'array', items: [{ const: 1 }], minItems: 3, additionalItems: { type: 'boolean' } },
  }),
  objects: object({
    a: { type: 'object', additionalProperties: { type: 'number' } },
    b: {
      type: 'object',
      patternProperties: { '^x-': { type: 'boolean' } },
      additionalProperties: false,
      minProperties: 1,
    },
    c: { type: 'object', minProperties: 2, propertyNames: { maxLength: 3 } },
    d: { type: 'object', required: ['undescribed'] },
    e: object({ f: { type: 'string' }, g: { type: 'string' } }, { required: ['g'], maxProperties: 1 }),
    h: object({ i: { type: 'string' }, j: { type: 'string' } }, { dependencies: { i: ['j'] } }),
    k: { type: 'object' },
  }),
  combinations: object({
    a: { oneOf: [{ type: 'string', maxLength: 3 }, { type: 'integer' }] },
    b: {
      allOf: [
        { type: 'object', properties: { c: { type: 'string' } } },
        { properties: { d: { type: 'number' } }, required: ['d'] },
        { properties: { c: { minLength: 20 } } },
      ],
    },
    e: { not: { type: 'string' }, type: ['string', 'number'] },
    f: { type: 'integer', oneOf: [{ multipleOf: 3 }, { multipleOf: 5 }] },
    g: { anyOf: [false, { type: 'boolean' }] },
    h: { type: 'string', minLength: 3, anyOf: [{ format: 'date' }, { pattern: '^[x-z]+$' }] },
    i: { type: 'number', allOf: [{ minimum: 3 }, { maximum: 4 }, { anyOf: [{ multipleOf: 0.5 }, { const: 3.25 }] }] },
  }),
  conditions: object(
    { kind: { enum: ['a', 'b'] }, n: { type: 'number' }, s: { type: 'string' } },
    {
      if: { properties: { kind: { const: 'a' } } },
      then: { required: ['n'] },
      else: { properties: { s: { maxLength: 2 } } },
    },
  ),
  references: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://schemas.example.org/card.json',
    definitions: {
      'a/name~': { type: 'string', minLength: 30 },
      tree: {
        type: 'object',
        properties: {
          name: { $ref: '#/definitions/a~1name~0' },
          children: { type: 'array', items: { $ref: '#/definitions/tree' } },
          next: { $ref: '#/definitions/tree' },
        },
        required: ['name'],
      },
    },
    ...object({
      a: { $ref: '#/definitions/a~1name~0' },
      b: { $ref: '#/definitions/tree' },
      c: { $ref: '#/properties/d' },
      d: { type: 'number', minimum: 5 },
      e: { type: 'array', items: { $ref: 'https://schemas.example.org/card.json#/definitions/tree' }, minItems: 1 },
    }),
  },
  'a root that is a reference': {
    definitions: { card: object({ a: { type: 'string' } }, { required: ['a'] }) },
    $ref: '#/definitions/card',
  },
  'names that mean something elsewhere': {
    ...object({ id: { type: 'string' }, $id: { type: 'number' }, $ref: { type: 'boolean' }, enum: { type: 'string' } }),
    required: ['constructor', 'toString'],
    additionalProperties: { type: 'string' },
  },
  'what Bailo adds': {
    ...object({ a: { type: 'string', title: 'A', widget: 'dataCardSelector', requiredByModelStates: ['Review'] } }),
    stateList: ['Review'],
  },
}

describe.each(Object.entries(SCHEMAS))('values for %s', (_name, schema) => {
  it.each([false, true])('fit (short: %s), and have all that the schema describes', (isShort) => {
    const validate = validatorOf(schema)
    for (const value of make(schema, 'seed', 50, isShort)) {
      expect(validate(value) ? [] : [value, validate.errors]).toEqual([])
    }
    expect(readSchema(schema).leftOut).toEqual([])
  })

  it('survive being sent as JSON', () => {
    for (const value of make(schema)) expect(JSON.parse(JSON.stringify(value))).toEqual(value)
  })

  it('follow from the seed', () => {
    expect(make(schema, 'a')).toEqual(make(schema, 'a'))
    expect(make(schema, 'b')).not.toEqual(make(schema, 'a'))
  })
})

describe('a card', () => {
  it('sets every property, also those that may be left out, and those of objects within', () => {
    const keys = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keys(inner)]))
        : true
    for (const value of make(SCHEMAS['plain types'] ?? {})) {
      expect(keys(value)).toEqual({
        a: true,
        b: true,
        c: true,
        d: true,
        e: true,
        f: { g: true, h: { i: true } },
        n: true,
      })
    }
  })

  it('varies: dates, numbers, yes and no, choices, lengths of lists', () => {
    const schema = object({
      date: { type: 'string', format: 'date' },
      number: { type: 'number' },
      flag: { type: 'boolean' },
      choice: { enum: [1, 2, 3] },
      list: { type: 'array', items: { type: 'number' } },
    })
    const cards = make(schema, 'seed', 60)
    const distinct = (key: string) => new Set(cards.map((card) => JSON.stringify(card[key]))).size
    expect(distinct('date')).toBeGreaterThan(50)
    expect(distinct('number')).toBeGreaterThan(50)
    expect(distinct('flag')).toBe(2)
    expect(distinct('choice')).toBe(3)
    expect(new Set(cards.map(({ list }) => (list as unknown[]).length))).toEqual(new Set([1, 2, 3]))
  })

  it('ends a schema that contains itself', () => {
    const [card] = make(SCHEMAS['references'] ?? {})
    expect(JSON.stringify(card).length).toBeLessThan(20_000)
    expect(card).toMatchObject({ b: { name: expect.any(String) as string } })
  })

  it('takes its texts from whoever asks', () => {
    const schema = object({
      a: { type: 'string' },
      b: { type: 'string', maxLength: 4 },
      c: { type: 'string', format: 'date' },
    })
    const values = readSchema(schema, (random, { min, max }) =>
      longWord(random, 'emoji', Math.max(min, Math.min(max, 9))),
    )
    expect(values.make(createRandom('seed', 'x'))).toEqual({
      a: expect.stringMatching(/^\p{Emoji_Presentation}{9}$/u) as string,
      b: expect.stringMatching(/^\p{Emoji_Presentation}{4}$/u) as string,
      c: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
    })
  })

  it('is small when it is to be short', () => {
    const schema = object({ a: { type: 'array', items: { type: 'string' } } })
    const size = (isShort: boolean) => JSON.stringify(make(schema, 'seed', 40, isShort)).length
    expect(size(true)).toBeLessThan(size(false) / 2)
  })

  it('leaves the schema as it was', () => {
    const schema = SCHEMAS['combinations'] ?? {}
    const before = structuredClone(schema)
    make(schema)
    expect(schema).toEqual(before)
  })
})

describe('what no value can be made for', () => {
  const backReference = { type: 'string', pattern: '^(a|b)\\1$' }

  it('is left out where it may be, and named with the reason', () => {
    const schema = object({
      kept: { type: 'string' },
      code: backReference,
      inner: object({ mail: { type: 'string', format: 'email', maxLength: 3 }, ok: { type: 'boolean' } }),
      numbers: { type: 'number', minimum: 5, maximum: 1 },
      list: { type: 'array', uniqueItems: true, minItems: 4, items: { type: 'boolean' } },
      endless: { $ref: '#/definitions/endless' },
      items: { type: 'array', items: backReference },
      never: false,
    })
    const withDefinitions = {
      ...schema,
      definitions: {
        endless: { type: 'object', properties: { next: { $ref: '#/definitions/endless' } }, required: ['next'] },
      },
    }
    const values = readSchema(withDefinitions)
    const [card = {}] = make(withDefinitions)
    expect(Object.keys(card)).toEqual(['kept', 'inner', 'items'])
    expect(card).toMatchObject({ inner: { ok: expect.any(Boolean) as boolean }, items: [] })
    expect(values.leftOut).toEqual([
      'code: has a pattern with a back reference',
      'inner.mail: has format that no value was found for',
      'numbers: has bounds that no number is within',
      'list: has uniqueItems that no value was found for',
      expect.stringMatching(
        /^endless: needs next.*contains itself by #\/definitions\/endless without an end$/,
      ) as string,
      'items[]: has a pattern with a back reference',
    ])
    expect(values.counts).toMatchObject({ text: 1, boolean: 1, number: 0 })
  })

  it('takes a default or an example instead, when that fits', () => {
    const schema = object({
      a: { ...backReference, default: 'aa' },
      b: { ...backReference, default: 'ab', examples: ['bb'] },
    })
    const rare = object({ a: { type: 'string', pattern: '^(?=a{9}b)[a-z]{10}$', default: 'aaaaaaaaab' } })
    expect(make(rare, 'seed', 3)).toEqual([{ a: 'aaaaaaaaab' }, { a: 'aaaaaaaaab' }, { a: 'aaaaaaaaab' }])
    expect(make(schema, 'seed', 2)).toEqual([
      { a: 'aa', b: 'bb' },
      { a: 'aa', b: 'bb' },
    ])
  })

  it.each([
    [object({ code: backReference }, { required: ['code'] }), 'needs code, which has a pattern with a back reference'],
    [
      object({ a: object({ b: object({ c: false }, { required: ['c'] }) }, { required: ['b'] }) }, { required: ['a'] }),
      'needs a.b.c, which lets nothing be there',
    ],
    [{ type: 'string' }, 'describes no object, as a card is'],
    [object({ a: { type: 'strin' } }), /^is no JSON schema of draft 7: .*type/],
    [
      object({ a: { $ref: 'https://elsewhere.example.org/x.json' } }),
      /^is no JSON schema of draft 7: can't resolve reference/,
    ],
    [object({ a: { $ref: '#/definitions/none' } }), /can't resolve reference #\/definitions\/none$/],
    [object({ a: { type: 'string', pattern: '(' } }), /Invalid regular expression/],
  ])('refuses the schema where it must be there: %j', (schema, message) => {
    const read = () => readSchema(schema)
    expect(read).toThrow(SchemaError)
    expect(read).toThrow(message)
  })

  it.each([[null], ['text'], [[]], [undefined]])('refuses %j as a schema', (schema) => {
    expect(() => readSchema(schema)).toThrow(/^is no JSON schema: it is not an object$/)
  })

  it('is nothing where older drafts write it differently', () => {
    const schema = {
      id: 'http://x.example.org/',
      ...object({ a: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1 } }),
    }
    for (const { a } of make(schema)) expect(a).toBeGreaterThan(0)
    expect(readSchema(schema).leftOut).toEqual([])
  })

  it('does not stop at patterns that only the older rules for expressions take', () => {
    for (const { a } of make(object({ a: { type: 'string', pattern: '^[\\w-.]+$' } }))) expect(a).toMatch(/^[\w\-.]+$/)
  })
})

describe('two cards', () => {
  it.each([
    [{ a: 1, b: {} }, { a: 1 }, true],
    [{ a: { b: { c: {} } } }, undefined, true],
    [{ a: [{}] }, { a: [{}] }, true],
    [{ a: [] }, {}, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: null }, {}, false],
    [{ a: [1, 2] }, { a: [2, 1] }, false],
  ])('%j and %j say the same: %s', (a, b, expected) => {
    expect(saysTheSame(a, b)).toBe(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { callInstance } from '../../src/lib/lint/live/call.js'
import { findIds } from '../../src/lib/lint/live/ids.js'
import { Validator } from '../../src/lib/lint/live/validate.js'
import { parseSpecification } from '../../src/lib/lint/specification/parse.js'
import { json, startServer, type ScriptedAnswer } from '../support/scripted-server.js'

const listOf = (name: string, properties: object, required: readonly string[] = []) => ({
  '200': {
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: [name],
          properties: { [name]: { type: 'array', items: { type: 'object', properties, required } } },
        },
      },
    },
  },
})

const text = { type: 'string' }

async function call(
  paths: object,
  answers: Readonly<Record<string, ScriptedAnswer>>,
  { maxRequests = 100, more = {} }: { maxRequests?: number; more?: object } = {},
) {
  const server = await startServer(({ url }) => answers[url] ?? json({ error: { message: 'not there' } }, 404))
  const specification = await parseSpecification(JSON.stringify({ openapi: '3.0.0', paths, ...more }), 'spec')
  const settings = { origin: server.origin, credentials: undefined }
  const { mismatches, summary } = await callInstance([specification], settings, { userAgent: 't', maxRequests })
  const found = mismatches.map(({ url, pointer, problem }) => `${url} ${pointer} ${problem}`)
  return { found, summary, lines: server.lines }
}

describe('the GET operations of an instance', () => {
  const paths = {
    '/model/{modelId}/file/{fileId}': { get: { responses: listOf('scans', {}) } },
    '/models/search': { get: { responses: listOf('models', { id: text }) }, post: { responses: {} } },
    '/model/{modelId}/files': {
      get: { responses: listOf('files', { _id: text, size: { type: 'integer' } }, ['size']) },
    },
    '/model/{modelId}': { delete: { responses: {} } },
    '/secret/{thing}': { get: { responses: listOf('x', {}) } },
    '/download': { get: { responses: { '200': { content: { 'application/octet-stream': {} } } } } },
    '/needs': { get: { parameters: [{ name: 'from', in: 'query', required: true }], responses: listOf('x', {}) } },
  }

  it('are called with the ids that belong together, and nothing else is', async () => {
    const { found, summary, lines } = await call(paths, {
      '/models/search': json({ models: [{ id: 'a b/c' }, { id: 'two' }] }),
      '/model/a%20b%2Fc/files': json({ files: [] }),
      '/model/two/files': json({ files: [{ _id: 'f', size: 1 }] }),
      '/model/two/file/f': json({ scans: [] }),
    })
    expect(found).toEqual([])
    expect(lines).toEqual([
      'GET /models/search',
      'GET /model/a%20b%2Fc/files',
      'GET /model/two/files',
      'GET /model/two/file/f',
    ])
    expect(summary).toEqual({
      called: 3,
      requests: 4,
      notCalled: [
        { path: '/download', reason: 'its answer is not described as JSON' },
        { path: '/needs', reason: 'it needs the query parameter "from"' },
        { path: '/secret/{thing}', reason: 'nothing was found on the instance for {thing}' },
      ],
    })
  })

  it('are compared with what they answer', async () => {
    const { found } = await call(paths, {
      '/models/search': json({ models: [{ id: 'm' }, { id: 7 }] }),
      '/model/m/files': json({ files: [{ _id: null, size: 'big' }, { _id: 'f' }, { _id: 'g' }] }),
      '/model/m/file/f': json({ scan: [] }),
      '/model/7/files': { headers: { 'content-type': 'text/html' }, body: '<html>' },
    })
    expect(found).toEqual([
      '/models/search /models/1/id is number, not string',
      '/model/m/files /files/0/_id is null, not string',
      '/model/m/files /files/0/size is string, not integer',
      '/model/m/files /files/1 lacks "size"',
      '/model/m/files /files/2 lacks "size"',
      '/model/m/file/f  lacks "scans"',
      '/model/7/files  is not JSON, but text/html',
    ])
  })

  it('are called within a limit', async () => {
    const { summary, lines } = await call(
      paths,
      { '/models/search': json({ models: [{ id: 'm' }] }) },
      { maxRequests: 1 },
    )
    expect(lines).toHaveLength(1)
    expect(summary).toMatchObject({ called: 1, requests: 1 })
    expect(summary.notCalled).toContainEqual({
      path: '/model/{modelId}/files',
      reason: 'the limit of 1 requests was reached before',
    })
  })

  it('are no fault of the specification when the keys are not good for them', async () => {
    const { found, summary } = await call(
      { '/models/search': { get: { responses: listOf('models', {}) } } },
      {
        '/models/search': json({ error: { message: 'no' } }, 403),
      },
    )
    expect(found).toEqual([])
    expect(summary.notCalled).toEqual([{ path: '/models/search', reason: 'the instance answers 403' }])
  })

  it('have a fault when they fail in a way that is not described', async () => {
    const one = { '/models/search': { get: { responses: listOf('models', {}) } } }
    const { found } = await call(one, { '/models/search': json({ error: {} }, 500) })
    expect(found).toEqual(['/models/search  has the status 500, which the specification does not have'])
    const described = {
      ...listOf('models', {}),
      '5XX': { content: { 'application/json': { schema: { required: ['error'] } } } },
    }
    const second = await call(
      { '/models/search': { get: { responses: described } } },
      { '/models/search': json({}, 500) },
    )
    expect(second.found).toEqual(['/models/search  lacks "error"'])
  })

  it('end the check with 3 when the instance refuses the keys', async () => {
    const one = { '/models/search': { get: { responses: listOf('models', {}) } } }
    await expect(call(one, { '/models/search': json({ error: { message: 'no' } }, 401) })).rejects.toMatchObject({
      exitCode: 3,
    })
  })
})

describe('ids', () => {
  it.each([
    [{ models: [{ id: 'a' }] }, [{ modelId: 'a' }]],
    [
      { releases: [{ semver: '1.0.0', files: [{ _id: 'f', name: 'n' }] }] },
      [{ semver: '1.0.0' }, { semver: '1.0.0', fileId: 'f', fileName: 'n' }],
    ],
    [
      {
        images: [
          { name: 'i', tags: ['t', 'u'] },
          { name: 'j', tags: [] },
        ],
      },
      [{ name: 'i', tag: 't' }, { name: 'j' }],
    ],
    [{ user: { dn: 'me' } }, [{ dn: 'me' }]],
    [{ models: 'x', constructor: [{ id: 'a' }], __proto__: null }, []],
    [{ models: [null, 'a', { id: '' }, { id: {} }] }, []],
    [null, []],
    [[], []],
  ])('in %j', (answer, expected) => {
    expect(findIds(answer, new Map()).map((ids) => Object.fromEntries(ids))).toEqual(expected)
  })
})

describe('schemas of OpenAPI 3.0', () => {
  const check = async (schema: object, value: unknown, openapi = '3.0.0') => {
    const paths = { '/x': { get: {} } }
    const { document } = await parseSpecification(
      JSON.stringify({ openapi, paths, components: { schemas: { S: schema, String: text } } }),
      's',
    )
    const place = { document, value: schema, pointer: '/components/schemas/S' }
    return new Validator(document).check(place, value)?.map(({ pointer, problem }) => `${pointer} ${problem}`.trim())
  }

  it.each([
    [{ type: 'string', nullable: true }, null, []],
    [{ type: 'string', enum: ['a'], nullable: true }, null, []],
    [{ type: 'string', nullable: false }, null, ['is null, not string']],
    [{ allOf: [{ $ref: '#/components/schemas/String' }], nullable: true }, null, []],
    [{ type: 'number', minimum: 0, exclusiveMinimum: true }, 0, ['must be > 0']],
    [{ type: 'number', minimum: 0, exclusiveMinimum: false }, 0, []],
    [
      { type: 'object', properties: { nullable: { type: 'string' } } },
      { nullable: 1 },
      ['/nullable is number, not string'],
    ],
    [{ enum: ['a'] }, 'b\u001b', ['is "b\\\\u001b", not one of the enumeration']],
    [
      { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      [1],
      ['must match exactly one schema in oneOf'],
    ],
    [{ type: 'string', format: 'date-time' }, 'yesterday', ['must match format "date-time"']],
    [{ type: 'string', format: 'odd' }, 'x', []],
    [{ $ref: '#/nowhere' }, 1, undefined],
    [{ type: 'string', pattern: '(' }, 'x', undefined],
  ])('%j with %j', async (schema, value, expected) => {
    const found = await check(schema, value)
    expect(found?.map((one) => one.replace('\\u001b', '\\\\u001b'))).toEqual(expected)
  })

  it('and 3.1 differ', async () => {
    expect(await check({ type: ['string', 'null'], exclusiveMinimum: 1 }, null, '3.1.0')).toEqual([])
  })

  it('tell of a long list only so much', async () => {
    const found = await check({ type: 'array', items: { type: 'string' } }, Array(1000).fill(1))
    expect(found).toHaveLength(20)
  })
})

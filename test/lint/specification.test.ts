import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Credentials } from '../../src/lib/config/credentials.js'
import { toCanonical } from '../../src/lib/lint/specification/canonical.js'
import { loadFromInstance, loadSpecification } from '../../src/lib/lint/specification/load.js'
import { parseSpecification } from '../../src/lib/lint/specification/parse.js'
import { json, startServer, type ScriptedAnswer } from '../support/scripted-server.js'
import { makeFolder } from './subject.js'

const html: ScriptedAnswer = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Log in</title>' }
const absent: ScriptedAnswer = { ...html, status: 404 }

function documentOf(template: string, more: object = {}) {
  return { openapi: '3.0.0', info: { title: 'T', version: '1' }, paths: { [template]: { get: {} } }, ...more }
}

function optionsFor(told: string[] = []) {
  return { userAgent: 'test', tell: (message: string) => void told.push(message) }
}

const keysFor = (origin: string) => new Credentials(origin, 'BAC_key', 'BSK_secret')

describe('the specifications of an instance', () => {
  const serve = (answers: Readonly<Record<string, ScriptedAnswer>>) => startServer(({ url }) => answers[url] ?? absent)
  const load = (origin: string, told?: string[]) =>
    loadFromInstance({ origin, credentials: keysFor(origin) }, ['v2', 'v3'], optionsFor(told))
  const V2 = '/api/v2/api-docs/swagger.json'
  const V3 = '/api/v3/api-docs/swagger.json'
  const OLD = '/api/v2/specification'

  it('are those of all versions, and know where they come from', async () => {
    const server = await serve({ [V2]: json(documentOf('/api/v2/a')), [V3]: json(documentOf('/api/v3/b')) })
    const loaded = await load(server.origin)
    expect(loaded.map(({ document, operations }) => [document.label, operations[0]?.path])).toEqual([
      [`${server.origin}${V2}`, '/api/v2/a'],
      [`${server.origin}${V3}`, '/api/v3/b'],
    ])
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${btoa('BAC_key:BSK_secret')}`,
      `Basic ${btoa('BAC_key:BSK_secret')}`,
    ])
  })

  it('of an older one are at another address', async () => {
    const server = await serve({ [OLD]: json(documentOf('/api/v2/a')) })
    const loaded = await load(server.origin)
    expect(loaded.map(({ document }) => document.label)).toEqual([`${server.origin}${OLD}`])
    expect([...server.lines].sort()).toEqual([`GET ${V2}`, `GET ${OLD}`, `GET ${V3}`].sort())
  })

  it.each([
    ['HTML', html],
    ['an error', { status: 500, body: 'oops' }],
    ['no paths', json({ ...documentOf('/x'), paths: {} })],
  ])('are used as far as they can be: v3 is %s', async (_name, answer) => {
    const server = await serve({ [V2]: json(documentOf('/api/v2/a')), [V3]: answer })
    const told: string[] = []
    expect(await load(server.origin, told)).toHaveLength(1)
    expect(told).toEqual([expect.stringMatching(/api\/v3.*This specification is left out\.$/)])
  })

  it.each([
    ['absent', {}, /there is none at \/api\/v2\/api-docs\/swagger.json, \/api\/v2\/specification, \/api\/v3/],
    ['HTML', { [V2]: html, [V3]: html }, /it is HTML, not JSON or YAML/],
    ['refused', { [V2]: json({ error: { message: 'no' } }, 401), [V3]: absent }, /answered 401: no/],
    ['a redirect', { [V2]: { status: 302, headers: { location: V2 } } }, /answered 302: a redirect to/],
    ['not OpenAPI', { [V2]: json({ a: 1 }) }, /it has no "openapi"/],
  ])('end the check with 3 when they are %s', async (_name, answers, message) => {
    const server = await serve(answers)
    await expect(load(server.origin)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(message) as string,
    })
    expect(server.requests.length).toBeLessThanOrEqual(3)
  })

  it('end the check with 3 when nothing listens', async () => {
    await expect(load('http://127.0.0.1:1')).rejects.toMatchObject({ name: 'ConnectionError', exitCode: 3 })
  })
})

describe('a specification by its URL', () => {
  it('gets the keys when it is of their origin, and only then', async () => {
    const server = await startServer(() => json(documentOf('/a')))
    const other = await startServer(() => json(documentOf('/a')))
    for (const { origin } of [server, other]) {
      await loadSpecification(
        `${origin}/spec?x=1`,
        { origin: server.origin, credentials: keysFor(server.origin) },
        optionsFor(),
      )
    }
    expect(server.requests[0]?.headers.authorization).toMatch(/^Basic /)
    expect(server.lines).toEqual(['GET /spec?x=1'])
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('is not fetched from where it is redirected to', async () => {
    const elsewhere = await startServer(() => json(documentOf('/a')))
    const server = await startServer(() => ({ status: 302, headers: { location: `${elsewhere.origin}/spec` } }))
    const loading = loadSpecification(
      `${server.origin}/spec`,
      { origin: server.origin, credentials: keysFor(server.origin) },
      optionsFor(),
    )
    await expect(loading).rejects.toMatchObject({ exitCode: 3 })
    expect(elsewhere.requests).toEqual([])
  })

  it.each([
    ['absent', absent, /its server answers 404/],
    ['a login page', html, /it is HTML/],
    ['broken off', { ...json(documentOf('/a')), cutAfterBytes: 10 }, /no answer/],
  ])(
    'that is %s ends the check with 3',
    async (_name, answer, message) => {
      const { origin } = await startServer(() => answer)
      const loading = loadSpecification(`${origin}/spec`, undefined, optionsFor())
      await expect(loading).rejects.toMatchObject({ exitCode: 3, message: expect.stringMatching(message) as string })
    },
    60_000,
  )

  it('must not have a password in it', async () => {
    const loading = loadSpecification('http://me:secret@127.0.0.1/', undefined, optionsFor())
    await expect(loading).rejects.toMatchObject({ exitCode: 2 })
    await expect(loading).rejects.not.toMatchObject({ message: expect.stringContaining('secret') as string })
  })
})

describe('a specification in a file', () => {
  const load = async (text: string) =>
    loadSpecification(path.join(await makeFolder({ 'a.spec': text }), 'a.spec'), undefined, optionsFor())

  it.each([
    ['JSON', JSON.stringify(documentOf('/a'))],
    ['JSON with a byte order mark', `\uFEFF${JSON.stringify(documentOf('/a'))}`],
    ['YAML', 'openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n'],
    ['YAML in flow style', '{openapi: 3.1.0, paths: {/a: {get: {}}}}'],
    [
      'JSON with paths by reference',
      JSON.stringify({ openapi: '3.1.0', paths: { '/a': { $ref: '#/x/a~1b%20c' } }, x: { 'a/b c': { get: {} } } }),
    ],
  ])('can be %s', async (_name, text) => {
    expect((await load(text)).operations.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /a'])
  })

  it.each([
    ['nothing', '', /it is not an OpenAPI document/],
    ['a list', '[]', /it is not an OpenAPI document/],
    ['text', 'hello', /it is not an OpenAPI document/],
    ['HTML', '\n <html></html>', /it is HTML/],
    ['cut off', '{"openapi": "3.0.0", "paths": {', /neither valid JSON nor YAML/],
    ['Swagger 2.0', '{"swagger": "2.0", "paths": {"/a": {"get": {}}}}', /it is Swagger "2.0", not OpenAPI 3/],
    ['OpenAPI 4', '{"openapi": "4.0.0", "paths": {"/a": {"get": {}}}}', /its "openapi" is "4.0.0"/],
    ['a version without quotes', 'openapi: 3.1\npaths: {/a: {get: {}}}', /its "openapi" is 3.1/],
    ['without paths', '{"openapi": "3.1.0"}', /it has no paths with operations/],
    [
      'with paths in another file',
      '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "a.yaml"}}}',
      /"a.yaml" leads nowhere/,
    ],
    ['with paths in a circle', '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1a"}}}', /leads nowhere/],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((n, i) => `${n}: &${n} [${'*abcdefgh'[i + 1]},${'*abcdefgh'[i + 1]}]`.replaceAll('[', '[*').replaceAll(',', ',*')).join('\n')}\n`,
      /cannot be used/,
    ],
    ['control characters', '{"openapi": "\\u001b[31m"}', /cannot be used/],
  ])('that is %s ends the check with 3', async (_name, text, message) => {
    const error = await load(text).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      name: 'SpecificationError',
      exitCode: 3,
      message: expect.stringMatching(message) as string,
    })
    // eslint-disable-next-line no-control-regex -- that is what is looked for
    expect((error as Error).message).not.toMatch(/[\u0000-\u001f]/)
  })

  it('that is not there, or is a folder, ends the check with 3', async () => {
    for (const name of ['/nowhere/a.json', await makeFolder()]) {
      await expect(loadSpecification(name, undefined, optionsFor())).rejects.toMatchObject({ exitCode: 3 })
    }
  })

  it('of 50 MB is read as JSON, and refused as YAML', async () => {
    const filler = 'x'.repeat(1024)
    const paths = Object.fromEntries(
      Array.from({ length: 48_000 }, (_, index) => [`/a/${index}`, { get: { description: filler } }]),
    )
    const text = JSON.stringify({ openapi: '3.0.0', paths })
    expect(text.length).toBeGreaterThan(50_000_000)
    expect((await load(text)).operations).toHaveLength(48_000)
    await expect(parseSpecification(`a: ${filler.repeat(5000)}`, 'large.yaml')).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('YAML of more than 4 MiB') as string,
    })
  })

  it('of more than 64 MiB is refused', async () => {
    await expect(load(' '.repeat(64 * 1024 * 1024 + 1))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('larger than 64 MiB') as string,
    })
  })
})

describe('the canonical order', () => {
  const one = {
    paths: {
      '/b': {
        post: { tags: ['z', 'a'], responses: {} },
        get: {
          parameters: [
            { in: 'query', name: 'b' },
            { name: 'a', in: 'query' },
            { name: 'x', in: 'path' },
          ],
        },
      },
      '/a': {},
    },
    components: {
      schemas: {
        B: {
          properties: { required: { type: 'string' }, enum: { enum: ['b', 'a'] } },
          required: ['b', 'a'],
          type: 'object',
        },
        A: { default: { z: [2, 1], a: 1 }, type: ['string', 'null'], oneOf: [{ type: 'b' }, { type: 'a' }] },
      },
    },
    'x-more': 1,
    tags: [{ name: 'z' }, { name: 'a' }],
    openapi: '3.1.0',
  }

  it('sorts names, and lists in which order means nothing', () => {
    expect(JSON.stringify(toCanonical(one), undefined, 1)).toBe(
      JSON.stringify(
        {
          openapi: '3.1.0',
          tags: [{ name: 'a' }, { name: 'z' }],
          paths: {
            '/a': {},
            '/b': {
              get: {
                parameters: [
                  { name: 'x', in: 'path' },
                  { name: 'a', in: 'query' },
                  { name: 'b', in: 'query' },
                ],
              },
              post: { tags: ['a', 'z'], responses: {} },
            },
          },
          components: {
            schemas: {
              A: { type: ['null', 'string'], default: { z: [2, 1], a: 1 }, oneOf: [{ type: 'b' }, { type: 'a' }] },
              B: {
                type: 'object',
                required: ['a', 'b'],
                properties: { enum: { enum: ['a', 'b'] }, required: { type: 'string' } },
              },
            },
          },
          'x-more': 1,
        },
        undefined,
        1,
      ),
    )
  })

  it('is the same whatever order a document is in, and when it is made again', () => {
    const reverse = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inner]) => [key, reverse(inner)]),
          )
        : value
    const text = JSON.stringify(toCanonical(one))
    // What stands in a default is data, in the order in which it was given.
    expect(JSON.stringify(toCanonical(reverse(one))).replace('{"a":1,"z":[2,1]}', '{"z":[2,1],"a":1}')).toBe(text)
    expect(JSON.stringify(toCanonical(JSON.parse(text)))).toBe(text)
  })
})

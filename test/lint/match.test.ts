import { describe, expect, it } from 'vitest'
import { Matcher } from '../../src/lib/lint/match.js'
import { operationsOf } from './subject.js'

const PATHS = [
  '/api/v2/models',
  '/api/v2/models/search',
  '/api/v2/model/{modelId}',
  '/api/v2/model/{modelId}/releases',
  '/api/v2/model/{modelId}/release/{semver}',
  '/api/v2/model/{modelId}/release/latest',
  '/api/v2/model/import/s3',
  '/api/v2/model/{modelId}/export/{kind}',
  '/api/v2/export/{name}.zip',
  '/api/v2/caf%C3%A9',
]
const operations = operationsOf(Object.fromEntries(PATHS.map((path) => [path, { get: {}, post: {} }])))
const matcher = new Matcher(operations)

function find(method: string, path: string): string {
  const match = matcher.match(method, path)
  return match.kind === 'operation' ? match.operations.map((one) => one.path).join(' or ') : match.kind
}

describe('a path of a call', () => {
  it.each([
    ['/api/v2/models', '/api/v2/models'],
    ['/api/v2/models/', '/api/v2/models'],
    ['/api/v2/models?search=x', '/api/v2/models'],
    ['/api/v2/models/?a=/b/c#d', '/api/v2/models'],
    ['/api/v2/model/{id}', '/api/v2/model/{modelId}'],
    ['/api/v2/model/my-model-ab12cd', '/api/v2/model/{modelId}'],
    ['/api/v2/model/{model.id}/release/{v}', '/api/v2/model/{modelId}/release/{semver}'],
    ['/api/v2/model/x/release/v{major}.{minor}', '/api/v2/model/{modelId}/release/{semver}'],
    // Literal segments win.
    ['/api/v2/model/{id}/release/latest', '/api/v2/model/{modelId}/release/latest'],
    ['/api/v2/model/import/s3', '/api/v2/model/import/s3'],
    ['/api/v2/export/{id}.zip', '/api/v2/export/{name}.zip'],
    ['/api/v2/export/a.b.zip', '/api/v2/export/{name}.zip'],
    ['/api/v2/caf\u00e9', '/api/v2/caf%C3%A9'],
    ['/api/v2/%zz', 'nothing'],
    ['/api/v2/export/.zip', 'nothing'],
    ['/api/v2/export/a.tar', 'nothing'],
    // A variable may stand for a word of the template, where there is nothing better.
    ['/api/v2/models/{what}', '/api/v2/models/search'],
    ['/api/v2/model/{id}/{what}s', '/api/v2/model/{modelId}/releases'],
    [
      '/api/v2/model/{id}/{what}/{which}',
      '/api/v2/model/{modelId}/release/latest or /api/v2/model/{modelId}/release/{semver} or /api/v2/model/{modelId}/export/{kind}',
    ],
    ['/api/v2/model/{id}/{what}/{which}/more', 'nothing'],
    ['/api/v2/model//releases', 'nothing'],
    ['/api/v2/Models', 'nothing'],
    ['/api/v3/models', 'nothing'],
    ['/', 'nothing'],
    ['', 'nothing'],
  ])('%s is %s', (path, expected) => {
    expect(find('GET', path)).toBe(expected)
  })

  it('is of the template that has the method, where several fit', () => {
    const two = new Matcher(operationsOf({ '/role/{id}': { delete: {} }, '/role/{name}': { put: {} } }))
    expect(two.match('PUT', '/role/{x}')).toMatchObject({ kind: 'operation', operations: [{ path: '/role/{name}' }] })
    expect(two.match('GET', '/role/{x}')).toMatchObject({ kind: 'other-methods' })
    const other = new Matcher(operationsOf({ '/a/{x}': { put: {} }, '/a/b': { get: {} } }))
    expect(other.match('PUT', '/a/b')).toMatchObject({ kind: 'operation', operations: [{ path: '/a/{x}' }] })
  })
})

describe('the base path of servers', () => {
  const find = (servers: unknown, path: string) => {
    const [operation] = operationsOf({ '/models': { get: {} } }, { openapi: '3.1.0', servers })
    return new Matcher(operation ? [operation] : []).match('GET', path).kind
  }

  it.each([
    [[{ url: 'https://bailo.example.com/api/v2/' }], '/api/v2/models'],
    [[{ url: '/api' }, { url: '/other' }], '/other/models'],
    [[{ url: 'https://{host}/{base}', variables: { base: { default: 'api' } } }], '/api/models'],
    [[{ url: '/' }], '/models'],
    [[], '/models'],
    [undefined, '/models'],
    ['nonsense', '/models'],
  ])('%j: %s', (servers, path) => {
    expect(find(servers, path)).toBe('operation')
  })

  it('is that of the operation, where it has one', () => {
    const item = { servers: [{ url: '/item' }], get: {}, put: { servers: [{ url: '/own' }] } }
    const paths = operationsOf({ '/x': item }, { openapi: '3.0.1', servers: [{ url: '/root' }] }).map(
      ({ path }) => path,
    )
    expect(paths).toEqual(['/item/x', '/own/x'])
  })
})

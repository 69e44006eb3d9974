import { afterEach, expect, test } from 'vitest'
import { TestSandbox } from './client.js'

let server: TestSandbox
afterEach(() => server.close())

const ADDRESSES = ['/api/v2/api-docs/swagger.json', '/api/v3/api-docs/swagger.json', '/api/v2/specification']

async function statuses(): Promise<number[]> {
  const answers = await Promise.all(ADDRESSES.map((address) => server.get(address)))
  return answers.map(({ status }) => status)
}

test('a new instance has a specification for each version of the API', async () => {
  server = await TestSandbox.start()
  expect(await statuses()).toEqual([200, 200, 404])
  const { body: v2 } = await server.get('/api/v2/api-docs/swagger.json')
  const operations = Object.values(v2.paths).flatMap((path) => Object.keys(path))
  expect(operations).toHaveLength(81)
  expect(Object.keys(v2.paths).every((path) => path.startsWith('/api/v2/'))).toBe(true)
  expect(v2.paths).not.toHaveProperty('/api/v2/specification')
  const { body: v3 } = await server.get('/api/v3/api-docs/swagger.json')
  expect(v3).toMatchObject({ info: { title: 'Bailo API', version: '3.0.0-beta' } })
  const methods = Object.entries(v3.paths).map(([path, item]) => `${Object.keys(item).join()} ${path}`)
  expect(methods.sort()).toEqual([
    'get /api/v3/entities/me',
    'get /api/v3/metrics/breakdown',
    'get /api/v3/metrics/compliance/lifecycle',
    'get /api/v3/metrics/compliance/no-releases',
    'get /api/v3/metrics/compliance/roles',
    'get /api/v3/metrics/compliance/unapproved',
    'get /api/v3/metrics/entryVolume',
    'get /api/v3/metrics/usage',
    'get /api/v3/model/{modelId}/image/{name}/{tag}/{digest}',
    'get /api/v3/review/{reviewId}/responses/latest',
    'post /api/v3/review/{modelId}',
    'post /api/v3/review/{reviewId}/notify',
    'post /api/v3/review/{reviewId}/response',
  ])
})

test('an older instance has one, at another address', async () => {
  server = await TestSandbox.start({ olderSpecification: true })
  expect(await statuses()).toEqual([404, 404, 200])
  const { body } = await server.get('/api/v2/specification')
  expect(body.paths['/api/v2/models']?.post?.operationId).toBe('createModel')
})

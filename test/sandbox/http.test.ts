import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const NEW = { name: 'x', kind: 'model', description: '' }

function bodyOfSize(sizeBytes: number): string {
  const base = JSON.stringify(NEW)
  return JSON.stringify({ ...NEW, description: 'd'.repeat(sizeBytes - base.length) })
}

describe('a JSON body', () => {
  const send = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    server.send('POST', '/api/v2/models', body, { headers })

  test('may have 102,400 bytes', async () => {
    const { status, body } = await send(bodyOfSize(102_400))
    expect([status, body.model.name]).toEqual([200, 'x'])
  })

  test.each([102_401, 120_000, 5_000_000])('of %i bytes is an unknown error', async (sizeBytes) => {
    const { status, body } = await send(bodyOfSize(sizeBytes))
    expect([status, body]).toEqual([500, UNKNOWN_ERROR])
  })

  test.each(['{"name": ', 'nonsense', '7', 'null'])('like %j is an unknown error', async (text) => {
    const { status, body } = await send(text)
    expect([status, body]).toEqual([500, UNKNOWN_ERROR])
  })

  test.each([
    ['of another type', '{"name":"a"}', { 'content-type': 'text/plain' }],
    ['that is empty', '', { 'content-type': 'application/json' }],
  ])('%s is as good as none', async (_what, text, headers) => {
    const { status, body } = await send(text, headers)
    expect(status).toBe(400)
    expect(body).toEqual(
      bailoError('Path: body - Message: Required', {
        errors: [
          { code: 'invalid_type', expected: 'object', received: 'undefined', path: ['body'], message: 'Required' },
        ],
      }),
    )
  })

  test('may say its encoding', async () => {
    const { status } = await send(bodyOfSize(100), { 'content-type': 'application/json; charset=utf-8' })
    expect(status).toBe(200)
  })

  test('may be a list only where one is expected', async () => {
    const { status, body } = await send('[]')
    expect([status, body.error.message]).toEqual([400, 'Path: body - Message: Expected object, received array'])
  })

  test('may have any key', async () => {
    const text = JSON.stringify({ ...NEW, description: 'd' }).replace(
      '{',
      '{"__proto__": {"name": "y"}, "constructor": 1, ',
    )
    const { status, body } = await send(text)
    expect([status, body.model.name]).toEqual([200, 'x'])
  })
})

describe('a route that does not exist', () => {
  test.each([
    ['PUT', '/api/v2/models', '/api/v2/models'],
    ['GET', '/api/v2/nothing?a=b', '/api/v2/nothing'],
    ['GET', '/', '/'],
    ['GET', '/api/v2/specification', '/api/v2/specification'],
    ['GET', '/a%3Cscript%3E&amp', '/a%3Cscript%3E&amp;amp'],
  ])('%s %s is a page', async (method, path, shown) => {
    const { status, text, headers } = await server.send(method, path)
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(text).toContain(`<pre>Cannot ${method} ${shown}</pre>`)
  })

  test('with a URL that cannot be decoded is one of them', async () => {
    const { status, text } = await server.get('/api/v2/model/%E0%A4%A')
    expect(status).toBe(404)
    expect(text).toContain('<pre>Cannot GET /api/v2/model/%E0%A4%A</pre>')
  })
})

describe('a URL', () => {
  test.each([9_000, 100_000])('of %i characters is too long for the proxy', async (length) => {
    const { status, text, headers } = await server.get(`/api/v2/models/search?search=${'L'.repeat(length)}`)
    expect(status).toBe(414)
    expect(headers.get('content-type')).toBe('text/html')
    expect(text).toContain('<title>414 Request-URI Too Large</title>')
  })

  test('of 8,000 characters is not', async () => {
    expect((await server.get(`/api/v2/models/search?search=${'L'.repeat(8000)}`)).status).toBe(200)
  })
})

describe('methods', () => {
  test('HEAD is GET without the body', async () => {
    const modelId = await server.createModel()
    const got = await server.get(`/api/v2/model/${modelId}`)
    const { status, text, headers } = await server.send('HEAD', `/api/v2/model/${modelId}`)
    expect([status, text]).toEqual([200, ''])
    expect(headers.get('content-length')).toBe(got.headers.get('content-length'))
    expect((await server.send('HEAD', '/api/v2/model/unknown')).status).toBe(404)
  })

  test.each([
    ['/api/v2/model/any', 'DELETE, GET, HEAD, PATCH'],
    ['/api/v2/models', 'POST'],
    ['/api/v2/user/tokens', 'GET, HEAD, POST'],
  ])('OPTIONS of %s are listed', async (path, methods) => {
    const { status, text, headers } = await server.send('OPTIONS', path)
    expect([status, text, headers.get('allow')]).toEqual([200, methods, methods])
    expect(headers.get('content-type')).toBe('text/plain')
  })
})

describe('what is not HTTP', () => {
  test('is refused without harm', async () => {
    const { hostname, port } = new URL(server.sandbox.url)
    const socket = connect(Number(port), hostname)
    socket.end('nonsense\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect((await server.get('/api/v2/system/status')).body).toEqual({
      ping: 'pong',
      federation: { state: 'disabled' },
    })
  })
})

describe('the specification', () => {
  test('is the contract of this project', async () => {
    const { status, body } = await server.get('/api/v2/api-docs/swagger.json')
    expect(status).toBe(200)
    expect(body.openapi).toMatch(/^3\./)
    expect(body.paths['/api/v2/models']?.post?.operationId).toBe('createModel')
  })
})

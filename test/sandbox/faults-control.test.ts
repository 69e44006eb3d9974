import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { RequestLog } from '../../src/lib/sandbox/request-log.js'
import { basicAuth, bearer } from '../commands/read-instance.js'
import { clearFaults, countRequests, forgetRequests, readFaults, setFaults } from '../support/faults.js'
import { exchange } from '../support/raw-http.js'
import { TestSandbox, type Keys } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

interface ErrorBody {
  readonly error: { readonly message: string; readonly context?: { readonly tryNext: readonly string[] } }
}

async function control(method: string, path: string, body?: string, keys: Keys | undefined = server.sandbox) {
  const headers = { authorization: basicAuth(keys), 'content-type': 'application/json' }
  const answer = await exchange(server.sandbox.url + path, { method, headers, body })
  return { status: answer.status, body: JSON.parse(answer.body.toString() || 'null') as unknown }
}

describe('faults of a running sandbox', () => {
  test('are set, listed with their counts, and cleared', async () => {
    const rules = ['release-create  x3 status=503', 'any p=0 lost']
    const listed = [
      { rule: 'release-create x3 status=503', calls: 0, hits: 0 },
      { rule: 'any p=0 lost', calls: 0, hits: 0 },
    ]
    expect(await control('PUT', '/_sandbox/faults', JSON.stringify({ rules }))).toEqual({
      status: 200,
      body: { rules: listed },
    })
    await server.get('/api/v2/system/status')
    expect(await readFaults(server.sandbox)).toEqual([listed[0], { ...listed[1], calls: 1 }])
    expect(await setFaults(server.sandbox, ['any p=0 lost'])).toEqual([listed[1]])
    await clearFaults(server.sandbox)
    expect(await readFaults(server.sandbox)).toEqual([])
  })

  test('stay as they are when one of the new ones is wrong', async () => {
    await setFaults(server.sandbox, ['token status=503'])
    const answer = await control('PUT', '/_sandbox/faults', '{"rules":["any lost","no-such-route lost"]}')
    const { error } = answer.body as ErrorBody
    expect(answer.status).toBe(400)
    expect(error.message).toContain('The fault rule "no-such-route lost" begins with "no-such-route"')
    expect(error.context?.tryNext[0]).toContain('release-create')
    expect(await readFaults(server.sandbox)).toMatchObject([{ rule: 'token status=503' }])
    await clearFaults(server.sandbox)
  })

  test.each(['', '[]', '{}', '{"rules":"any lost"}', '{"rules":[1]}', '{"rules":[null]}'])(
    'cannot be set with the body %j',
    async (body) => {
      const answer = await control('PUT', '/_sandbox/faults', body)
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringContaining('"rules"') as string } },
      })
    },
  )

  test('never hit the requests that set them', async () => {
    await setFaults(server.sandbox, ['any status=503', '/** delay=1h'])
    expect((await control('GET', '/_sandbox/faults')).status).toBe(200)
    expect((await control('DELETE', '/_sandbox/faults')).status).toBe(200)
    expect((await server.get('/api/v2/system/status')).status).toBe(200)
  })
})

describe('the count of requests', () => {
  test('is by method and route, and leaves out those to the sandbox itself', async () => {
    const modelId = await server.createModelWithCard()
    await setFaults(server.sandbox, ['release-create x1 status=500', 'model-get x1 lost'])
    const authorization = await bearer(server.sandbox, `${modelId}/a`, 'pull,push')
    await forgetRequests(server.sandbox)
    expect(await countRequests(server.sandbox)).toEqual({ total: 0, changing: 0, routes: {} })
    await server.createRelease(modelId, '1.0.0')
    await server.createRelease(modelId, '1.0.0')
    await exchange(`${server.sandbox.url}/api/v2/model/${modelId}`)
    await server.send('HEAD', `/api/v2/model/${modelId}`)
    const registry = `${server.sandbox.url}/v2/${modelId}/a`
    const ask = (method: string, path: string) => exchange(registry + path, { method, headers: { authorization } })
    await ask('GET', '/b/manifests/latest?x=y')
    await ask('GET', '/tags/list')
    await ask('POST', '/blobs/uploads/')
    await ask('PATCH', '/blobs/uploads/1')
    await ask('HEAD', `/blobs/sha256:${'0'.repeat(64)}`)
    await ask('GET', '/nothing')
    await exchange(`${server.sandbox.url}/v2/`)
    await exchange(`${server.sandbox.url}/nothing`)
    expect(await countRequests(server.sandbox)).toEqual({
      total: 12,
      changing: 4,
      routes: {
        'GET (unknown route)': 2,
        'GET /api/v2/model/{modelId}': 1,
        'GET /v2/': 1,
        'GET /v2/{repository}/manifests/{reference}': 1,
        'GET /v2/{repository}/tags/list': 1,
        'HEAD /api/v2/model/{modelId}': 1,
        'HEAD /v2/{repository}/blobs/{digest}': 1,
        'PATCH /v2/{repository}/blobs/uploads/{uploadId}': 1,
        'POST /api/v2/model/{modelId}/releases': 2,
        'POST /v2/{repository}/blobs/uploads/': 1,
      },
    })
    await clearFaults(server.sandbox)
  })

  test('takes no more room for more requests', () => {
    const log = new RequestLog()
    for (let i = 0; i < 1000; i++) log.add('GET', `/api/v2/model/${i}`, '/api/v2/model/:modelId')
    expect(log.summarise()).toEqual({ total: 1000, changing: 0, routes: { 'GET /api/v2/model/{modelId}': 1000 } })
    log.clear()
    expect(log.list).toEqual([])
  })

  test('is not changed by a rate limit, and not subject to it', async () => {
    const limited = await TestSandbox.start({ rateLimit: { requests: 1, windowMs: 60_000 } })
    onTestFinished(() => limited.close())
    await countRequests(limited.sandbox)
    await countRequests(limited.sandbox)
    const statuses = [(await limited.get('/api/v2/system/status')).status]
    statuses.push((await exchange(`${limited.sandbox.url}/api/v2/system/status`)).status ?? 0)
    expect(statuses).toEqual([200, 429])
    expect((await countRequests(limited.sandbox)).total).toBe(2)
  })
})

describe('the sandbox takes orders', () => {
  const orders = [
    ['GET', '/_sandbox/faults'],
    ['PUT', '/_sandbox/faults'],
    ['DELETE', '/_sandbox/faults'],
    ['GET', '/_sandbox/requests'],
    ['DELETE', '/_sandbox/requests'],
  ] as const

  test.each(orders)('with its own keys only: %s %s', async (method, path) => {
    await setFaults(server.sandbox, ['any p=0 lost'])
    const target = server.sandbox.url + path
    const body = method === 'PUT' ? '{"rules":[]}' : undefined
    const others = [
      {},
      { authorization: basicAuth({ ...server.sandbox, secretKey: 'wrong' }) },
      { authorization: basicAuth(server.sandbox.createKeys('user')) },
    ]
    for (const headers of others) {
      const sent = { method, headers: { ...headers, 'content-type': 'application/json' }, body }
      expect((await exchange(target, sent)).status).toBe(401)
    }
    expect(await readFaults(server.sandbox)).toHaveLength(1)
    await clearFaults(server.sandbox)
  })

  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address
  test.skipIf(address === undefined)(
    'from its own machine only (needs a network interface beside loopback)',
    async () => {
      const open = await TestSandbox.start({ host: '0.0.0.0' })
      onTestFinished(() => open.close())
      const outside = `http://${address}:${new URL(open.sandbox.url).port}`
      const headers = { authorization: basicAuth(open.sandbox) }
      expect((await exchange(`${outside}/api/v2/system/status`, { headers })).status).toBe(200)
      for (const [method, path] of orders)
        expect((await exchange(outside + path, { method, headers })).status).toBe(403)
      expect((await exchange(`${open.sandbox.url}/_sandbox/faults`, { headers })).status).toBe(200)
    },
  )
})

import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApplication } from '../../src/lib/sandbox/application.js'
import { Contract } from '../../src/lib/sandbox/contract.js'
import { startSandbox } from '../../src/lib/sandbox/index.js'
import { LOGGED_REQUESTS_CAP, RequestLog } from '../../src/lib/sandbox/request-log.js'
import { Routes } from '../../src/lib/sandbox/routes.js'
import { SandboxState } from '../../src/lib/sandbox/state.js'
import { UsageError } from '../../src/lib/errors.js'
import { TestSandbox } from './client.js'

let temporaryParent: string
beforeEach(async () => void (temporaryParent = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))))
afterEach(() => rm(temporaryParent, { recursive: true }))

describe('starting and stopping', () => {
  test('listens on this machine only, on a port of its own', async () => {
    const [a, b] = [await startSandbox({ temporaryParent }), await startSandbox({ temporaryParent })]
    expect(a.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(a.url).not.toBe(b.url)
    expect(a.accessKey).not.toBe(b.accessKey)
    await Promise.all([a.close(), b.close()])
  })

  test('removes its directory, and only that', async () => {
    const server = await TestSandbox.start({ temporaryParent })
    const modelId = await server.createModel()
    await server.upload(modelId, 'f', 'x')
    expect(await readdir(temporaryParent)).toHaveLength(1)
    await server.close()
    expect(await readdir(temporaryParent)).toEqual([])
    await server.close()
    await expect(fetch(server.sandbox.url)).rejects.toThrow()
  })

  test('ends connections that are idle, and uploads that are under way', async () => {
    const server = await TestSandbox.start({ temporaryParent })
    const modelId = await server.createModel()
    const { hostname, port } = new URL(server.sandbox.url)
    const idle = connect(Number(port), hostname)
    const uploading = connect(Number(port), hostname)
    await Promise.all([once(idle, 'connect'), once(uploading, 'connect')])
    const url = `/api/v2/model/${modelId}/files/upload/simple?name=endless`
    uploading.write(`POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`)
    uploading.write(Buffer.alloc(100_000))
    await expect.poll(() => server.sandbox.requests.some((request) => request.path === url)).toBe(true)
    const ended = Promise.all(
      // Not `once`, which fails on an error: a connection with bytes that nobody has read is reset.
      [idle, uploading].map((socket) => new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))),
    )
    await server.close()
    await ended
    expect(await readdir(temporaryParent)).toEqual([])
  })

  test('says when the port is taken', async () => {
    const first = await startSandbox({ temporaryParent })
    const port = Number(new URL(first.url).port)
    await expect(startSandbox({ port, temporaryParent })).rejects.toThrow(UsageError)
    expect(await readdir(temporaryParent)).toHaveLength(1)
    await first.close()
  })

  test('says when the directory cannot be written to', async () => {
    const missing = path.join(temporaryParent, 'missing')
    await expect(startSandbox({ temporaryParent: missing })).rejects.toThrow(`The sandbox cannot write to ${missing}`)
  })
})

describe('the log of requests', () => {
  test('has method, path with query, and status, in order', async () => {
    const server = await TestSandbox.start({ temporaryParent })
    await server.get('/api/v2/models/search?search=a%20b')
    await server.get('/api/v2/model/x')
    await server.get('/api/v2/model/y')
    await server.get('/nothing')
    await server.get('/v2/')
    await server.get(`/?${'L'.repeat(9000)}`)
    expect(server.sandbox.requests.slice(0, 5)).toEqual([
      { method: 'GET', path: '/api/v2/models/search?search=a%20b', status: 200 },
      { method: 'GET', path: '/api/v2/model/x', status: 404 },
      { method: 'GET', path: '/api/v2/model/y', status: 404 },
      { method: 'GET', path: '/nothing', status: 404 },
      { method: 'GET', path: '/v2/', status: 401 },
    ])
    expect(server.sandbox.requests[5]?.status).toBe(414)
    expect(server.sandbox.requestCounts.get('GET /api/v2/model/:modelId')).toBe(2)
    expect(server.sandbox.requestCounts.get('GET (unknown route)')).toBe(2)
    await server.close()
  })

  test('stops growing, and goes on counting', () => {
    const log = new RequestLog()
    for (let i = 0; i < LOGGED_REQUESTS_CAP + 10; i++) log.add('GET', '/', '/')(200)
    expect(log.list).toHaveLength(LOGGED_REQUESTS_CAP)
    expect(log.counts).toEqual(new Map([['GET /', LOGGED_REQUESTS_CAP + 10]]))
  })
})

describe('a route that the contract does not have', () => {
  test('cannot be added', () => {
    const contract = new Contract({ openapi: '3.1.0', paths: { '/api/v2/models': { get: {} } } })
    const routes = new Routes(createApplication(new RequestLog()), contract, new SandboxState())
    expect(() => routes.add('post', '/api/v2/models', ({ reply }) => reply)).toThrow(
      new TypeError('post /api/v2/models is not in the contract'),
    )
  })
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ExpectedError } from '../../src/lib/errors.js'
import { ConnectionError, ResponseError } from '../../src/lib/http/errors.js'
import { noise, sha256 } from '../support/bytes.js'
import { BASIC, failureOf, openConnection, QUICK, readText } from '../support/client.js'
import { bailoError, startServer, type ScriptedAnswer } from '../support/scripted-server.js'
import { readAll } from '../content/read-all.js'

const GET = { method: 'GET', path: '/thing/{id}' }
const POST = { method: 'POST', path: '/things' }
const OK: ScriptedAnswer = { body: 'fine' }

describe('a request', () => {
  it('carries user agent, headers, query and body', async () => {
    const server = await startServer([OK])
    const connection = openConnection(server.origin)
    const options = { url: '/things?a=%20b', headers: { 'x-a': '1' }, openBody: () => 'hello', isRepeatable: false }
    expect(await connection.send(POST, options, readText)).toBe('fine')
    const [request] = server.requests
    expect(server.lines).toEqual(['POST /things?a=%20b'])
    expect(request?.headers).toMatchObject({ 'user-agent': 'bailo-exp/test', 'x-a': '1', 'content-length': '5' })
    expect(request?.body.toString()).toBe('hello')
  })

  it('carries the keys only where the caller puts them', async () => {
    const server = await startServer([OK, OK])
    const connection = openConnection(server.origin)
    await connection.send(GET, { url: '/a', isRepeatable: true }, readText)
    await connection.send(GET, { url: '/b', headers: connection.authorization(), isRepeatable: true }, readText)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC])
  })

  it('has no keys to carry on an instance without', () => {
    expect(openConnection('http://127.0.0.1:1', { credentials: undefined }).authorization()).toEqual({})
  })

  it('gives status and headers to the reader, also those beyond ASCII', async () => {
    const name = Buffer.from('模型.bin').toString('latin1')
    const headers = { 'x-list': ['a', 'b'], 'x-name': name }
    const server = await startServer([{ status: 201, headers }])
    const answer = await openConnection(server.origin).send(
      GET,
      { url: '/', isRepeatable: true },
      async ({ status, headers, body }) => {
        await body.dump()
        return { status, list: headers.get('x-list'), name: headers.get('x-name') }
      },
    )
    expect(answer).toEqual({ status: 201, list: 'a, b', name })
  })

  it('leaves statuses to the reader that it accepts', async () => {
    const server = await startServer([bailoError(404, 'gone')])
    const options = { url: '/', isRepeatable: true, accept: [404] }
    const status = await openConnection(server.origin).send(GET, options, async ({ status, body }) => {
      await body.dump()
      return status
    })
    expect(status).toBe(404)
  })

  it('takes no more sockets than it may', async () => {
    let inFlight = 0
    let most = 0
    const server = await startServer(async () => {
      most = Math.max(most, ++inFlight)
      await new Promise((resolve) => setTimeout(resolve, 5))
      inFlight--
      return OK
    })
    const connection = openConnection(server.origin, { maxConnections: 2 })
    await Promise.all(
      Array.from({ length: 10 }, () => connection.send(GET, { url: '/', isRepeatable: true }, readText)),
    )
    expect(most).toBe(2)
    expect(server.requests).toHaveLength(10)
  })
})

describe('another origin', () => {
  it.each([
    ['a URL', (port: number) => `http://127.0.0.1:${port}/path`],
    ['a URL without its scheme', (port: number) => `//127.0.0.1:${port}/path`],
    ['backslashes', (port: number) => `\\\\127.0.0.1:${port}\\path`],
    ['another scheme', (port: number) => `https://127.0.0.1:${port}/path`],
    ['no URL', () => 'http://[garbage'],
  ])('is refused with nothing sent (%s)', async (_case, makeUrl) => {
    const other = await startServer(() => OK)
    const server = await startServer(() => OK)
    const url = makeUrl(other.port)
    const connection = openConnection(server.origin)
    const options = { url, headers: connection.authorization(), isRepeatable: true }
    const error = await failureOf(connection.send(GET, options, readText))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((error as Error).message).toContain('nothing was sent')
    expect([...server.requests, ...other.requests]).toEqual([])
  })

  it('is not followed in a redirect, and named', async () => {
    const other = await startServer(() => OK)
    const server = await startServer([{ status: 307, headers: { location: `${other.origin}/stolen` } }])
    const connection = openConnection(server.origin)
    const options = { url: '/', headers: connection.authorization(), isRepeatable: true }
    const error = await failureOf(connection.send(GET, options, readText))
    expect(error).toMatchObject({
      name: 'ResponseError',
      status: 307,
      message: `GET /thing/{id} answered 307: a redirect to ${other.origin}/stolen`,
    })
    expect(server.requests).toHaveLength(1)
    expect(other.requests).toEqual([])
  })

  it('is not followed in a redirect within the origin either', async () => {
    const server = await startServer([{ status: 302, headers: { location: '/login' } }])
    const error = await failureOf(openConnection(server.origin).send(GET, { url: '/', isRepeatable: true }, readText))
    expect((error as Error).message).toContain('a redirect to /login')
    expect(server.lines).toEqual(['GET /'])
  })
})

describe('retries', () => {
  /** Sends a first request that succeeds, so that what follows is not the first contact, then the one in question. */
  async function sendAfterContact(
    replies: Parameters<typeof startServer>[0],
    { isRepeatable, body }: { isRepeatable: boolean; body?: string },
  ) {
    const server = await startServer((request, index) =>
      index === 0 ? OK : typeof replies === 'function' ? replies(request, index - 1) : (replies[index - 1] ?? OK),
    )
    const retries: Error[] = []
    const connection = openConnection(server.origin, { onRetry: (failure) => void retries.push(failure) })
    await connection.send(GET, { url: '/contact', isRepeatable: true }, readText)
    let opened = 0
    const openBody = (): string => `${body} ${++opened}`
    const sending = connection.send(
      isRepeatable ? GET : POST,
      { url: '/', isRepeatable, ...(body !== undefined && { openBody }) },
      readText,
    )
    const outcome: unknown = await sending.catch((error: unknown) => error)
    return { outcome, retries, opened, requests: server.requests.slice(1) }
  }

  it('repeat a read after a reset', async () => {
    const { outcome, retries, requests } = await sendAfterContact(['reset', 'reset'], { isRepeatable: true })
    expect(outcome).toBe('fine')
    expect(requests).toHaveLength(3)
    expect(retries.map((error) => error.message)).toEqual([
      expect.stringContaining('GET /thing/{id}: no answer from http://127.0.0.1:'),
      expect.stringContaining('GET /thing/{id}: no answer from http://127.0.0.1:'),
    ])
  })

  it('repeat a read whose answer breaks off', async () => {
    const cut = { body: 'fine, but much longer', cutAfterBytes: 4 }
    const { outcome, requests } = await sendAfterContact([cut], { isRepeatable: true })
    expect(outcome).toBe('fine')
    expect(requests).toHaveLength(2)
  })

  it('send once what makes something, when its answer is lost', async () => {
    const { outcome, retries, requests } = await sendAfterContact(['reset'], { isRepeatable: false, body: 'new' })
    expect(outcome).toBeInstanceOf(ConnectionError)
    expect(requests).toHaveLength(1)
    expect(retries).toEqual([])
  })

  it.each([429, 503])('send also that again after %i, with a body opened anew', async (status) => {
    const { outcome, retries, opened, requests } = await sendAfterContact(
      [bailoError(status, 'busy'), { status, headers: { 'retry-after': '0' } }],
      { isRepeatable: false, body: 'attempt' },
    )
    expect(outcome).toBe('fine')
    expect(retries).toHaveLength(2)
    expect(opened).toBe(3)
    expect(requests.map(({ body }) => body.toString())).toEqual(['attempt 1', 'attempt 2', 'attempt 3'])
  })

  it('wait until a date that the server names', async () => {
    const past = new Date(Date.now() - 60_000).toUTCString()
    const far = new Date(Date.now() + 3_600_000).toUTCString()
    const replies = [past, far].map((date) => ({ status: 503, headers: { 'retry-after': date } }))
    const { outcome, requests } = await sendAfterContact(replies, { isRepeatable: true })
    // The second date is after the time that the policy allows.
    expect(outcome).toMatchObject({ status: 503 })
    expect(requests).toHaveLength(2)
  })

  it('do not happen when the server asks for more seconds than the policy allows', async () => {
    const { outcome, retries, requests } = await sendAfterContact(
      [{ ...bailoError(429, 'slow down'), headers: { 'retry-after': '31', 'content-type': 'application/json' } }],
      { isRepeatable: true },
    )
    expect(outcome).toMatchObject({ status: 429, retryAfterMs: 31_000, serverMessage: 'slow down' })
    expect(requests).toHaveLength(1)
    expect(retries).toEqual([])
  })

  it('end after as many as the policy has', async () => {
    const { outcome, retries, requests } = await sendAfterContact(() => bailoError(503, 'down'), { isRepeatable: true })
    expect(outcome).toMatchObject({ status: 503, serverMessage: 'down' })
    expect(requests).toHaveLength(1 + QUICK.maxRetries)
    expect(retries).toHaveLength(QUICK.maxRetries)
  })

  it('are left to a caller that wants a single attempt', async () => {
    const server = await startServer([OK, bailoError(503, 'busy')])
    const connection = openConnection(server.origin)
    await connection.send(GET, { url: '/', isRepeatable: true }, readText)
    const options = { url: '/', isRepeatable: true, isSingleAttempt: true }
    expect(await failureOf(connection.send(GET, options, readText))).toMatchObject({ status: 503 })
    expect(server.requests).toHaveLength(2)
  })

  it('send a body of a stream whole each time', async () => {
    const source = noise(2_500_000)
    const server = await startServer([OK, { resetAfterReceiving: 1_000_000 }, OK])
    const connection = openConnection(server.origin)
    await connection.send(GET, { url: '/', isRepeatable: true }, readText)
    const options = { url: '/', openBody: () => source.open(), isRepeatable: true }
    await connection.send(POST, options, readText)
    expect(server.requests).toHaveLength(3)
    expect(server.requests[1]?.body.length).toBeLessThan(2_500_000)
    expect(sha256(server.requests[2]?.body ?? '')).toBe(sha256(await readAll(source.open())))
  })
})

describe('a server that is not there', () => {
  /** A server whose connections end with each answer, and which can leave its port and come back to it. */
  async function startLeavingServer(): Promise<{ origin: string; leave: () => Promise<void>; comeBack: () => void }> {
    const server = createServer((_request, response) => response.setHeader('connection', 'close').end('fine'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    onTestFinished(() => void server.close())
    return {
      origin: `http://127.0.0.1:${port}`,
      leave: () => new Promise((resolve) => server.close(() => resolve())),
      comeBack: () => void server.listen(port, '127.0.0.1'),
    }
  }

  it('is told at once on first contact, without retries', async () => {
    const { origin, leave } = await startLeavingServer()
    await leave()
    const retries: Error[] = []
    const connection = openConnection(origin, { onRetry: (error) => void retries.push(error) })
    const error = await failureOf(connection.send(GET, { url: '/', isRepeatable: true }, readText))
    expect(error).toMatchObject({
      name: 'ConnectionError',
      isFirstContact: true,
      isUnsent: true,
      message: `GET /thing/{id}: no answer from ${origin} (connection refused).`,
    })
    expect((error as ExpectedError).tryNext.join()).toContain('check that URL')
    expect(retries).toEqual([])
  })

  it('is waited for once it has answered, also with a request that makes something', async () => {
    const { origin, leave, comeBack } = await startLeavingServer()
    const retries: Error[] = []
    const connection = openConnection(origin, {
      retryPolicy: { ...QUICK, maxRetries: 100, baseDelayMs: 5, maxDelayMs: 5 },
      onRetry: (error) => {
        if (retries.push(error) === 3) comeBack()
      },
    })
    await connection.send(GET, { url: '/', isRepeatable: true }, readText)
    await leave()
    expect(await connection.send(POST, { url: '/', openBody: () => 'x', isRepeatable: false }, readText)).toBe('fine')
    expect(retries.length).toBeGreaterThanOrEqual(3)
    expect(retries[0]).toMatchObject({ isFirstContact: false, isUnsent: true })
  })
})

describe('an error answer', () => {
  it('is thrown with what the server said', async () => {
    const server = await startServer([
      bailoError(400, 'Path: body.x', { errors: [{ path: ['x'], message: 'Required' }] }),
    ])
    const error = await failureOf(openConnection(server.origin).send(POST, { url: '/', isRepeatable: false }, readText))
    expect(error).toBeInstanceOf(ResponseError)
    expect(error).toMatchObject({ message: 'POST /things answered 400: Path: body.x', details: ['x: Required'] })
  })

  it('is not read beyond a quarter of a MiB, and none of it is kept', async () => {
    const server = await startServer([{ status: 500, body: Buffer.alloc(2 * 2 ** 20, 'x') }])
    const error = await failureOf(openConnection(server.origin).send(GET, { url: '/', isRepeatable: true }, readText))
    expect(error).toMatchObject({ serverMessage: `${'x'.repeat(500)}... (${256 * 1024} characters)` })
    expect(JSON.stringify(error).length).toBeLessThan(2000)
  })

  it('does not hold the connection up', async () => {
    const server = await startServer([{ status: 500, body: Buffer.alloc(2 * 2 ** 20) }, OK])
    const connection = openConnection(server.origin, { maxConnections: 1 })
    await failureOf(connection.send(GET, { url: '/', isRepeatable: true }, readText))
    expect(await connection.send(GET, { url: '/', isRepeatable: true }, readText)).toBe('fine')
  })
})

describe('an abort', () => {
  it('ends a request that waits for its answer, with a reason that may look like a failure', async () => {
    const controller = new AbortController()
    const reason = Object.assign(new Error('interrupted'), { code: 'ECONNRESET' })
    const server = await startServer(() => {
      controller.abort(reason)
      return 'silence'
    })
    const options = { url: '/', isRepeatable: true, signal: controller.signal }
    expect(await failureOf(openConnection(server.origin).send(GET, options, readText))).toBe(reason)
    expect(server.requests).toHaveLength(1)
  })

  it('ends a body that is being sent', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    let source: Readable | undefined
    const server = await startServer(() => 'silence')
    const endless = (): Readable =>
      (source = new Readable({
        read() {
          this.push(Buffer.alloc(65_536))
          if (server.requests.length > 0) controller.abort(reason)
        },
      }))
    const options = { url: '/', openBody: endless, isRepeatable: true, signal: controller.signal }
    expect(await failureOf(openConnection(server.origin).send(POST, options, readText))).toBe(reason)
    expect(source?.destroyed).toBe(true)
  })

  it('ends an answer that is being read', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const server = await startServer([{ body: Buffer.alloc(2 ** 24) }])
    const options = { url: '/', isRepeatable: true, signal: controller.signal }
    const reading = openConnection(server.origin).send(GET, options, async ({ body }) => {
      body.on('data', () => controller.abort(reason))
      await body.text()
    })
    expect(await failureOf(reading)).toBe(reason)
  })

  it('ends the waiting between two attempts', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const server = await startServer(() => ({ status: 503, headers: { 'retry-after': '20' } }))
    const connection = openConnection(server.origin, { onRetry: () => controller.abort(reason) })
    const options = { url: '/', isRepeatable: true, signal: controller.signal }
    expect(await failureOf(connection.send(GET, options, readText))).toBe(reason)
    expect(server.requests).toHaveLength(1)
  })

  it('sends nothing when it came before', async () => {
    const reason = new Error('interrupted')
    const server = await startServer(() => OK)
    const options = { url: '/', isRepeatable: true, signal: AbortSignal.abort(reason) }
    expect(await failureOf(openConnection(server.origin).send(GET, options, readText))).toBe(reason)
    expect(server.requests).toEqual([])
  })
})

describe('a mistake of this program', () => {
  it('in reading an answer is not taken for a bad connection', async () => {
    const server = await startServer(() => OK)
    const reading = openConnection(server.origin).send(GET, { url: '/', isRepeatable: true }, async ({ body }) => {
      JSON.parse(await body.text())
    })
    expect(await failureOf(reading)).toBeInstanceOf(SyntaxError)
    expect(server.requests).toHaveLength(1)
  })

  it('in opening a body is not taken for one either', async () => {
    const server = await startServer(() => OK)
    const openBody = (): Readable => noise(10).open({ start: 11 })
    const sending = openConnection(server.origin).send(POST, { url: '/', openBody, isRepeatable: true }, readText)
    expect(await failureOf(sending)).toBeInstanceOf(RangeError)
    expect(server.requests).toEqual([])
  })

  it('in a stream shows as what it is', async () => {
    const server = await startServer(() => OK)
    const defect = new Error('no such layer')
    const openBody = (): Readable =>
      new Readable({
        read() {
          this.destroy(defect)
        },
      })
    const sending = openConnection(server.origin).send(POST, { url: '/', openBody, isRepeatable: true }, readText)
    expect(await failureOf(sending)).toBe(defect)
  })
})

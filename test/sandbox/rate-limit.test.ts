import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseRateLimit, startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'

const WINDOW_MS = 60_000
const NOW_MS = Date.parse('2026-01-02T03:04:05.250Z')

let sandbox: Sandbox | undefined
beforeEach(() => {
  // Only the clock: the server's own timers go on.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS })
})
afterEach(async () => {
  vi.useRealTimers()
  await sandbox?.close()
  sandbox = undefined
})

/** Status, and the headers and the text of the limiter where there are any. */
async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${sandbox?.url}${path}`, init)
  const header = (name: string) => response.headers.get(name)
  return {
    status: response.status,
    text: await response.text(),
    contentType: header('content-type'),
    limit: header('x-ratelimit-limit'),
    remaining: header('x-ratelimit-remaining'),
    reset: header('x-ratelimit-reset'),
    retryAfter: header('retry-after'),
  }
}

const STATUS = '/api/v2/system/status'

describe('a rate limit', () => {
  test('is off unless it is asked for', async () => {
    sandbox = await startSandbox()
    for (let asked = 0; asked < 150; asked++) {
      expect(await ask(STATUS)).toMatchObject({ status: 200, limit: null, remaining: null, reset: null })
    }
  })

  test('refuses what is beyond it, and says when to come back', async () => {
    sandbox = await startSandbox({ rateLimit: { requests: 2, windowMs: WINDOW_MS } })
    const headers = { limit: '2', reset: String(Math.ceil((NOW_MS + WINDOW_MS) / 1000)) }
    expect(await ask(STATUS)).toMatchObject({ status: 200, ...headers, remaining: '1', retryAfter: null })
    expect(await ask(STATUS)).toMatchObject({ status: 200, ...headers, remaining: '0', retryAfter: null })
    vi.setSystemTime(NOW_MS + 20_500)
    const refusal = {
      status: 429,
      text: 'Too many requests, please try again later.',
      contentType: 'text/html; charset=utf-8',
      ...headers,
      remaining: '0',
      retryAfter: '40',
    }
    expect(await ask(STATUS)).toEqual(refusal)
    expect(await ask('/api/v2/models', { method: 'POST', body: 'bytes of no kind' })).toEqual(refusal)
  })

  test('begins anew when the window has passed', async () => {
    sandbox = await startSandbox({ rateLimit: { requests: 1, windowMs: WINDOW_MS } })
    expect((await ask(STATUS)).status).toBe(200)
    vi.setSystemTime(NOW_MS + WINDOW_MS - 1)
    expect(await ask(STATUS)).toMatchObject({ status: 429, retryAfter: '1' })
    vi.setSystemTime(NOW_MS + WINDOW_MS)
    expect((await ask(STATUS)).status).toBe(200)
    expect((await ask(STATUS)).status).toBe(429)
  })

  test('counts everything that Bailo itself answers: refusals, unknown routes and tokens of the registry', async () => {
    sandbox = await startSandbox({ rateLimit: { requests: 3, windowMs: WINDOW_MS } })
    expect((await ask('/api/v2/user/tokens', { headers: { authorization: 'Basic bm86bm8=' } })).status).toBe(401)
    expect((await ask('/no/such/page')).status).toBe(404)
    expect((await ask('/api/v1/registry_auth')).status).toBe(401)
    for (const path of ['/no/such/page', '/api/v1/registry_auth', STATUS]) expect((await ask(path)).status).toBe(429)
  })

  test('is not that of the registry, of the proxy, or of the parser of JSON', async () => {
    sandbox = await startSandbox({ rateLimit: { requests: 1, windowMs: WINDOW_MS } })
    expect(await ask('/v2/')).toMatchObject({ status: 401, limit: null })
    expect(await ask(`/api/v2/${'x'.repeat(9000)}`)).toMatchObject({ status: 414, limit: null })
    const headers = { 'content-type': 'application/json' }
    expect(await ask('/api/v2/models', { method: 'POST', headers, body: '{' })).toMatchObject({
      status: 500,
      limit: null,
    })
    expect(await ask(STATUS)).toMatchObject({ status: 200, remaining: '0' })
    expect((await ask(STATUS)).status).toBe(429)
    expect((await ask('/v2/')).status).toBe(401)
  })

  test('can be changed and lifted while the sandbox runs', async () => {
    sandbox = await startSandbox()
    await ask(STATUS)
    sandbox.limitRate({ requests: 1, windowMs: WINDOW_MS })
    expect([(await ask(STATUS)).status, (await ask(STATUS)).status]).toEqual([200, 429])
    sandbox.limitRate(undefined)
    expect(await ask(STATUS)).toMatchObject({ status: 200, limit: null })
  })
})

describe('a rate limit in words', () => {
  test.each([
    ['100/15m', { requests: 100, windowMs: 900_000 }],
    ['1/250ms', { requests: 1, windowMs: 250 }],
    ['5/2s', { requests: 5, windowMs: 2000 }],
    ['7/1h', { requests: 7, windowMs: 3_600_000 }],
    ['7/1d', { requests: 7, windowMs: 86_400_000 }],
  ])('%s', (text, limit) => expect(parseRateLimit(text)).toEqual(limit))

  test.each(['', '100', '100/15', '0/1s', '5/0s', '-1/1s', '1.5/1s', '1/1week', '1/25d', ' 1/1s', '1/1s\n2/2s'])(
    'is none: %j',
    (text) => expect(() => parseRateLimit(text)).toThrow('is no rate limit'),
  )
})

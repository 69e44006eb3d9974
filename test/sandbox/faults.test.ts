import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { basicAuth, readFiles, readReleases } from '../commands/read-instance.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'
import { exchange, talk, type Exchange, type RawRequest } from '../support/raw-http.js'
import { matching, TestSandbox, UNKNOWN_ERROR } from './client.js'

/** What each effect does, seen by clients that share no code with those of the project. */

let server: TestSandbox
let modelId: string
let url: string
beforeAll(async () => {
  server = await TestSandbox.start()
  url = server.sandbox.url
})
afterAll(() => server.close())
beforeEach(async () => {
  await clearFaults(server.sandbox)
  modelId = await server.createModelWithCard()
})

interface SendOptions {
  readonly body?: RawRequest['body']
  readonly headers?: Record<string, string | number>
  readonly agent?: http.Agent
}

function send(method: string, path: string, { body, headers = {}, agent }: SendOptions = {}): Promise<Exchange> {
  const authorization = basicAuth(server.sandbox)
  return exchange(url + path, { method, headers: { authorization, ...headers }, body, ...(agent && { agent }) })
}

function createRelease(semver: string, agent?: http.Agent): Promise<Exchange> {
  const body = JSON.stringify({ semver, notes: 'n', fileIds: [], images: [] })
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  return send('POST', `/api/v2/model/${modelId}/releases`, { body, headers, ...(agent && { agent }) })
}

function upload(body: RawRequest['body'], agent?: http.Agent): Promise<Exchange> {
  return send('POST', `/api/v2/model/${modelId}/files/upload/simple?name=f`, { body, ...(agent && { agent }) })
}

function getModel(): Promise<Exchange> {
  return send('GET', `/api/v2/model/${modelId}`)
}

/** Uploads a file and returns the path to download it from. */
async function storeFile(content: Buffer): Promise<string> {
  return `/api/v2/model/${modelId}/file/${await server.upload(modelId, 'f', content)}/download`
}

async function listSemvers(): Promise<string[]> {
  return (await readReleases(server.sandbox, modelId)).map(({ semver }) => semver)
}

async function listSizes(): Promise<number[]> {
  return (await readFiles(server.sandbox, modelId)).map(({ size }) => size)
}

/** Sets one rule. */
async function fault(rule: string): Promise<void> {
  await setFaults(server.sandbox, [rule])
}

async function countHits(): Promise<number | undefined> {
  return (await readFaults(server.sandbox))[0]?.hits
}

/** A client that keeps its connection, and at most one of them. */
function keepAlive(): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

const CONTENT = Buffer.from('0123456789'.repeat(5000))

describe('status', () => {
  test('is answered in the form of the API, and nothing is done', async () => {
    await fault('release-create x2 status=503')
    const answers = [await createRelease('1.0.0'), await createRelease('1.0.0')]
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    expect(answers[0]?.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(String(answers[0]?.body))).toEqual({
      error: { name: 'Bailo Error', message: 'Fault on demand: release-create x2 status=503' },
    })
    expect(await listSemvers()).toEqual([])
    expect((await createRelease('1.0.0')).status).toBe(200)
    expect(await listSemvers()).toEqual(['1.0.0'])
    expect(await readFaults(server.sandbox)).toEqual([{ rule: 'release-create x2 status=503', calls: 3, hits: 2 }])
  })

  test('500 is the error that the server has for everything', async () => {
    await fault('card-put x1 status=500')
    const { status, body } = await send('PUT', `/api/v2/model/${modelId}/model-cards`)
    expect([status, JSON.parse(String(body))]).toEqual([500, UNKNOWN_ERROR])
  })

  test('comes before an upload is in, and the connection goes on', async () => {
    await fault('file-upload x1 status=503')
    const agent = keepAlive()
    const ports = new Set<number | undefined>()
    agent.on('free', (socket: { localPort?: number }) => ports.add(socket.localPort))
    expect((await upload(Buffer.alloc(5_000_000), agent)).status).toBe(503)
    expect(await listSizes()).toEqual([])
    expect((await upload(Buffer.alloc(5_000_000), agent)).status).toBe(200)
    expect(await listSizes()).toEqual([5_000_000])
    expect(ports.size).toBe(1)
  })

  test.each(['status=503', 'empty'])(
    'reaches a client that is still sending, and keeps no connection: %s',
    async (effect) => {
      await fault(`file-upload x1 ${effect}`)
      const answer = await upload(Buffer.alloc(20_000_000))
      expect([answer.status, answer.isComplete]).toEqual([effect === 'empty' ? 500 : 503, true])
    },
  )

  test.each([
    ['status=502 empty', 502],
    ['empty', 500],
  ])('with an empty body: %s', async (effect, status) => {
    await fault(`release-create x1 ${effect}`)
    const answer = await createRelease('1.0.0')
    expect(answer).toMatchObject({ status, headers: { 'content-length': '0' }, isComplete: true })
    expect(answer.headers['content-type']).toBeUndefined()
    expect(answer.body).toHaveLength(0)
  })

  test.each([
    ['html', '502 Bad Gateway'],
    ['status=504 html', '504 Gateway Timeout'],
  ])('with a page of the proxy: %s', async (effect, title) => {
    await fault(`release-create x1 ${effect}`)
    const { status, headers, body } = await createRelease('1.0.0')
    expect([status, headers['content-type']]).toEqual([Number(title.slice(0, 3)), 'text/html'])
    expect(body.toString()).toContain(`<title>${title}</title>`)
  })

  test.each([
    ['retry-after=7', 429, '7'],
    ['status=503 retry-after=0', 503, '0'],
  ])('with a time to come back: %s', async (effect, status, seconds) => {
    await fault(`release-create x1 ${effect}`)
    expect(await createRelease('1.0.0')).toMatchObject({ status, headers: { 'retry-after': seconds } })
    expect(await listSemvers()).toEqual([])
  })

  test('is answered for routes that do not exist, too', async () => {
    await fault('/nothing x1 status=503')
    expect([(await send('GET', '/nothing')).status, (await send('GET', '/nothing')).status]).toEqual([503, 404])
  })
})

describe('lost', () => {
  test('makes the release, and closes the connection without an answer', async () => {
    await fault('release-create x1 lost')
    expect(await createRelease('1.0.0')).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
    expect(await listSemvers()).toEqual(['1.0.0'])
    expect((await createRelease('1.0.0')).status).toBe(400)
  })

  test('stores the file', async () => {
    await fault('file-upload x1 lost')
    expect(await upload(CONTENT)).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
    expect(await listSizes()).toEqual([CONTENT.length])
  })

  test('saves the card', async () => {
    await fault('card-put x1 lost')
    const headers = { 'content-type': 'application/json' }
    const answer = await send('PUT', `/api/v2/model/${modelId}/model-cards`, { body: '{"metadata":{}}', headers })
    expect(answer.failure).toBe('ECONNRESET')
    const { body } = await server.get(`/api/v2/model/${modelId}/model-card-revisions`)
    expect(body.modelCardRevisions.map(({ version }) => version)).toEqual([1, 2])
  })

  test('deletes the model', async () => {
    await fault('model-delete x1 lost')
    expect((await send('DELETE', `/api/v2/model/${modelId}`)).failure).toBe('ECONNRESET')
    expect((await getModel()).status).toBe(404)
  })

  test('leaves a download unanswered', async () => {
    const path = await storeFile(CONTENT)
    await fault('file-download x1 lost')
    expect(await send('GET', path)).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
    expect((await send('GET', path)).body.equals(CONTENT)).toBe(true)
  })

  test('can have an answer of the proxy in its place', async () => {
    await fault('release-create x1 lost status=504 html')
    const { status, headers, body } = await createRelease('1.0.0')
    expect([status, headers['content-type']]).toEqual([504, 'text/html'])
    expect(body.toString()).toContain('<title>504 Gateway Timeout</title>')
    expect(headers['content-length']).toBe(String(body.length))
    expect(await listSemvers()).toEqual(['1.0.0'])
  })
})

describe('reset-request', () => {
  const gone = { status: undefined, failure: matching(/^(ECONNRESET|EPIPE)$/) }

  test.each([0, 1, 1000, 49_999, 50_000])(
    'breaks an upload at byte %i, and keeps nothing of it',
    async (afterBytes) => {
      await fault(`file-upload x1 reset-request=${afterBytes}`)
      expect(await upload(CONTENT)).toMatchObject(gone)
      expect(await listSizes()).toEqual([])
      expect((await upload(CONTENT)).status).toBe(200)
      expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 2, hits: 1 }])
    },
  )

  test('breaks JSON, also before its first byte', async () => {
    await fault('release-create x1 reset-request=20')
    expect(await createRelease('1.0.0')).toMatchObject(gone)
    await fault('release-create x1 reset-request=0')
    expect(await createRelease('1.0.0')).toMatchObject(gone)
    expect(await listSemvers()).toEqual([])
  })

  test('is a reset, not an ordinary end', async () => {
    await fault('file-upload reset-request=10')
    const head = `POST /api/v2/model/${modelId}/files/upload/simple?name=f HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n`
    expect(await talk(url, `${head}0123456789`)).toEqual({ received: '', failure: 'ECONNRESET' })
  })

  test('breaks an upload of unknown length', async () => {
    await fault('file-upload x1 reset-request=60000')
    expect(await upload(Readable.from([CONTENT, CONTENT]))).toMatchObject(gone)
    expect([await listSizes(), await countHits()]).toEqual([[], 1])
  })

  test('waits for a body that is long enough', async () => {
    await fault('file-upload x1 reset-request=60000')
    expect((await upload(CONTENT)).status).toBe(200)
    expect((await upload(Readable.from([CONTENT]))).status).toBe(200)
    expect(await countHits()).toBe(0)
    expect(await upload(Buffer.alloc(60_000))).toMatchObject(gone)
    expect(await countHits()).toBe(1)
  })

  test('also breaks what is refused without having been read', async () => {
    await fault('file-upload x1 reset-request=10')
    const path = '/api/v2/model/unknown/files/upload/simple?name=f'
    expect(await send('POST', path, { body: CONTENT })).toMatchObject(gone)
    expect((await send('POST', path, { body: CONTENT })).status).toBe(404)
  })
})

describe('reset-response', () => {
  test.each([0, 1, 1000, 49_999])('breaks a download at byte %i', async (afterBytes) => {
    const path = await storeFile(CONTENT)
    await fault(`file-download x1 reset-response=${afterBytes}`)
    const answer = await send('GET', path)
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '50000' }, failure: 'ECONNRESET' })
    expect(answer.isComplete).toBe(false)
    expect(answer.body.equals(CONTENT.subarray(0, afterBytes))).toBe(true)
    expect((await send('GET', path)).body.equals(CONTENT)).toBe(true)
  })

  test('breaks JSON, and what was asked for has happened', async () => {
    await fault('release-create x1 reset-response=30')
    const answer = await createRelease('1.0.0')
    expect(answer).toMatchObject({ status: 200, isComplete: false, failure: 'ECONNRESET' })
    expect(answer.body.toString()).toMatch(/^\{"release":.{19}$/)
    expect(await listSemvers()).toEqual(['1.0.0'])
  })

  test('after all of the body breaks the connection only', async () => {
    const path = await storeFile(CONTENT)
    await fault('file-download x1 reset-response=50000')
    expect(await send('GET', path)).toMatchObject({ status: 200, body: CONTENT, isComplete: true })
    expect(await countHits()).toBe(1)
    await fault('file-download x1 reset-response=50000')
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
    const { received, failure } = await talk(url, request)
    expect([received.endsWith(CONTENT.toString()), failure]).toEqual([true, 'ECONNRESET'])
  })

  test('waits for a body that is long enough', async () => {
    const path = await storeFile(CONTENT)
    await fault('file-download x1 reset-response=50001')
    expect((await send('GET', path)).body.equals(CONTENT)).toBe(true)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 1, hits: 0 }])
  })

  test('after the head of an answer that has nothing else', async () => {
    await fault('HEAD x1 reset-response=0')
    const request = `HEAD /api/v2/model/${modelId} HTTP/1.1\r\nHost: x\r\n\r\n`
    const { received, failure } = await talk(url, request)
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*content-length: [1-9]\d+\r\n.*\r\n\r\n$/s)
    expect(failure).toBe('ECONNRESET')
  })
})

describe('delay', () => {
  test('comes before anything is done', async () => {
    await fault('release-create x1 delay=1500ms')
    const answer = createRelease('1.0.0')
    await sleep(100)
    expect(await listSemvers()).toEqual([])
    expect((await answer).status).toBe(200)
    expect((await answer).waitMs).toBeGreaterThan(1490)
    expect(await listSemvers()).toEqual(['1.0.0'])
  })

  test('does what was asked for although the client has gone', async () => {
    await fault('release-create x1 delay=1500ms')
    const body = JSON.stringify({ semver: '1.0.0', notes: 'n', fileIds: [], images: [] })
    const headers = { authorization: basicAuth(server.sandbox), 'content-type': 'application/json' }
    const request = http.request(`${url}/api/v2/model/${modelId}/releases`, { method: 'POST', headers, agent: false })
    request.on('error', () => undefined).end(body)
    await sleep(100)
    request.destroy()
    expect(await listSemvers()).toEqual([])
    await expect.poll(listSemvers, { timeout: 10_000 }).toEqual(['1.0.0'])
  })

  test('delays an error and a reset as well', async () => {
    await fault('release-create x1 delay=200ms status=503')
    const refused = await createRelease('1.0.0')
    expect([refused.status, refused.waitMs > 190]).toEqual([503, true])
    await fault('release-create x1 delay=200ms reset-request=0')
    const reset = await createRelease('1.0.0')
    expect([reset.failure, reset.totalMs > 190]).toEqual(['ECONNRESET', true])
  })

  test('ends with the sandbox, and nothing is done then', async () => {
    const other = await TestSandbox.start()
    await setFaults(other.sandbox, ['any delay=1h'])
    const answer = exchange(`${other.sandbox.url}/api/v2/models/search`)
    await expect.poll(() => other.sandbox.requests.length).toBe(1)
    await other.close()
    expect(await answer).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
    expect(other.sandbox.requests[0]?.status).toBe(0)
  })
})

describe('hold', () => {
  test('comes after what was asked for', async () => {
    await fault('release-create x1 hold=1500ms')
    let isAnswered = false
    const answer = createRelease('1.0.0').finally(() => (isAnswered = true))
    await expect.poll(listSemvers).toEqual(['1.0.0'])
    expect(isAnswered).toBe(false)
    expect((await answer).status).toBe(200)
    expect((await answer).waitMs).toBeGreaterThan(1490)
  })
})

describe('trickle', () => {
  test('sends a file slowly, and whole', async () => {
    const path = await storeFile(CONTENT)
    await fault('file-download x1 trickle=50kB/s')
    const { status, headers, body, waitMs, totalMs } = await send('GET', path)
    expect([status, headers['content-length'], body.equals(CONTENT)]).toEqual([200, '50000', true])
    expect(totalMs).toBeGreaterThan(990)
    // The head does not wait for the body.
    expect(totalMs - waitMs).toBeGreaterThan(100)
  })

  test('sends JSON slowly, with its length', async () => {
    await fault('GET /api/v2/model/* x1 trickle=1kB')
    const { headers, body, totalMs } = await getModel()
    expect(JSON.parse(body.toString())).toMatchObject({ model: { id: modelId } })
    expect(headers['content-length']).toBe(String(body.length))
    expect(totalMs).toBeGreaterThan(body.length - 10)
  })

  test('goes with a reset', async () => {
    const path = await storeFile(CONTENT)
    await fault('file-download x1 trickle=100kB/s reset-response=20000')
    const { body, failure, totalMs } = await send('GET', path)
    expect([body.equals(CONTENT.subarray(0, 20_000)), failure]).toEqual([true, 'ECONNRESET'])
    expect(totalMs).toBeGreaterThan(190)
  })
})

describe('truncate', () => {
  test('ends JSON after half of it, and looks complete', async () => {
    const whole = (await getModel()).body
    await fault('model-get x1 truncate')
    const answer = await getModel()
    expect(answer).toMatchObject({ status: 200, isComplete: true, failure: undefined })
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', connection: 'close' })
    expect([answer.headers['content-length'], answer.headers['transfer-encoding']]).toEqual([undefined, undefined])
    expect(answer.body.equals(whole.subarray(0, Math.floor(whole.length / 2)))).toBe(true)
    expect((await getModel()).body.equals(whole)).toBe(true)
  })

  test.each([0, 7, 49_999])('ends a download after %i bytes', async (keptBytes) => {
    const path = await storeFile(CONTENT)
    await fault(`file-download x1 truncate=${keptBytes}`)
    const { body, isComplete, failure } = await send('GET', path)
    expect([body.equals(CONTENT.subarray(0, keptBytes)), isComplete, failure]).toEqual([true, true, undefined])
  })

  test('waits for a body that is long enough', async () => {
    const path = await storeFile(CONTENT)
    await fault('file-download x1 truncate=50000')
    expect((await send('GET', path)).body.equals(CONTENT)).toBe(true)
    expect(await countHits()).toBe(0)
  })
})

describe('wrong-length', () => {
  test('promises bytes that never come', async () => {
    await fault('model-get x1 wrong-length=+10')
    const answer = await getModel()
    expect(answer.headers['content-length']).toBe(String(answer.body.length + 10))
    expect(JSON.parse(answer.body.toString())).toMatchObject({ model: { id: modelId } })
    expect(answer).toMatchObject({ isComplete: false, failure: 'ECONNRESET' })
  })

  test('sends bytes that were not promised, on a connection that goes on', async () => {
    await fault('model-get x1 wrong-length=-10')
    const path = `/api/v2/model/${modelId}`
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
    const last = `GET /api/v2/system/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    const { received, failure } = await talk(url, request + last)
    const [, length, body] =
      /^HTTP\/1\.1 200 OK\r\n.*?content-length: (\d+)\r\n.*?\r\n\r\n(.*)HTTP\/1\.1 200 OK/s.exec(received) ?? []
    expect(JSON.parse(body ?? '')).toMatchObject({ model: { id: modelId } })
    expect(Number(length)).toBe((body?.length ?? 0) - 10)
    expect(failure).toBeUndefined()
  })

  test('waits for a body that is long enough', async () => {
    await fault('model-get x1 wrong-length=-9999')
    expect((await getModel()).isComplete).toBe(true)
    expect(await countHits()).toBe(0)
  })
})

describe('rules', () => {
  test('that slow let a call go on to the rules after them', async () => {
    const rules = ['any delay=100ms', 'release-create x1 delay=100ms status=503', 'release-create status=400']
    await setFaults(server.sandbox, rules)
    const answers = [await createRelease('1.0.0'), await createRelease('1.0.0')]
    expect(answers.map(({ status }) => status)).toEqual([503, 400])
    expect(answers[0]?.waitMs).toBeGreaterThan(190)
    expect(await readFaults(server.sandbox)).toEqual([
      { rule: rules[0], calls: 2, hits: 2 },
      { rule: rules[1], calls: 2, hits: 1 },
      { rule: rules[2], calls: 1, hits: 1 },
    ])
  })

  test('follow one another', async () => {
    await setFaults(server.sandbox, ['release-create x1 status=503', 'release-create x1 lost'])
    const [refused, lost, known] = [
      await createRelease('1.0.0'),
      await createRelease('1.0.0'),
      await createRelease('1.0.0'),
    ]
    expect([refused.status, lost.failure, known.status]).toEqual([503, 'ECONNRESET', 400])
    expect(await listSemvers()).toEqual(['1.0.0'])
  })
})

test('what was lost is saved soon after, like everything else', async () => {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true }))
  const { sandbox } = await TestSandbox.start({ dataDirectory })
  onTestFinished(() => sandbox.close())
  await setFaults(sandbox, ['model-create lost'])
  const body = '{"name":"lost but made","kind":"model","description":"d"}'
  const headers = { 'content-type': 'application/json' }
  const answer = await exchange(`${sandbox.url}/api/v2/models`, { method: 'POST', headers, body })
  expect(answer.failure).toBe('ECONNRESET')
  await expect.poll(() => readFile(path.join(dataDirectory, 'snapshot.json'), 'utf8')).toContain('lost but made')
})

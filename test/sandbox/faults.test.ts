import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { basicAuth, readFiles, readReleases } from '../commands/read-instance.js'
import { clearFaults, countRequests, forgetRequests, readFaults, setFaults } from '../support/faults.js'
import { exchange, type Exchange, type RawRequest } from '../support/raw-http.js'
import { matching, TestSandbox } from './client.js'

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

function send(method: string, path: string, body?: RawRequest['body'], headers: RawRequest['headers'] = {}) {
  return exchange(url + path, { method, headers: { authorization: basicAuth(server.sandbox), ...headers }, body })
}

function createRelease(semver: string): Promise<Exchange> {
  const body = JSON.stringify({ semver, notes: 'n', fileIds: [], images: [] })
  return send('POST', `/api/v2/model/${modelId}/releases`, body, { 'content-type': 'application/json' })
}

async function listSemvers(): Promise<string[]> {
  return (await readReleases(server.sandbox, modelId)).map(({ semver }) => semver)
}

describe('status', () => {
  test('is answered in place of doing anything', async () => {
    await setFaults(server.sandbox, ['release-create x2 status=503'])
    const answers = [await createRelease('1.0.0'), await createRelease('1.0.0')]
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    expect(answers[0]?.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(answers[0]?.body.toString() ?? '')).toEqual({
      error: { name: 'Bailo Error', message: 'Fault on demand: release-create x2 status=503' },
    })
    expect(await listSemvers()).toEqual([])
    expect((await createRelease('1.0.0')).status).toBe(200)
    expect(await listSemvers()).toEqual(['1.0.0'])
    expect(await readFaults(server.sandbox)).toEqual([{ rule: 'release-create x2 status=503', calls: 3, hits: 2 }])
  })
})

describe('lost', () => {
  test('does what was asked for, and closes the connection without an answer', async () => {
    await setFaults(server.sandbox, ['release-create x1 lost'])
    expect(await createRelease('1.0.0')).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
    expect(await listSemvers()).toEqual(['1.0.0'])
    expect((await createRelease('1.0.0')).status).toBe(400)
  })
})

describe('reset-request', () => {
  test.each([0, 1, 1000, 99_999])('reads %i bytes of the body', async (afterBytes) => {
    await setFaults(server.sandbox, [`file-upload x1 reset-request=${afterBytes}`])
    const upload = () => send('POST', `/api/v2/model/${modelId}/files/upload/simple?name=f`, Buffer.alloc(100_000))
    expect(await upload()).toMatchObject({ status: undefined, failure: matching(/ECONNRESET|EPIPE/) })
    expect(await readFiles(server.sandbox, modelId)).toEqual([])
    expect((await upload()).status).toBe(200)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 2, hits: 1 }])
  })
})

describe('reset-response', () => {
  test.each([0, 1, 1000, 50_000])('sends %i bytes of the body', async (afterBytes) => {
    const content = Buffer.from('0123456789'.repeat(5000))
    const fileId = await server.upload(modelId, 'f', content)
    await setFaults(server.sandbox, [`file-download x1 reset-response=${afterBytes}`])
    const answer = await send('GET', `/api/v2/model/${modelId}/file/${fileId}/download`)
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '50000' } })
    expect(answer.body.equals(content.subarray(0, afterBytes))).toBe(true)
    expect(answer.failure).toBe(afterBytes === 50_000 ? undefined : 'ECONNRESET')
  })
})

describe('delay', () => {
  test('comes before anything is done', async () => {
    await setFaults(server.sandbox, ['release-create x1 delay=300ms'])
    const answer = createRelease('1.0.0')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await listSemvers()).toEqual([])
    expect((await answer).status).toBe(200)
    expect((await answer).waitMs).toBeGreaterThan(290)
    expect(await listSemvers()).toEqual(['1.0.0'])
  })
})

describe('the count of requests', () => {
  test('is by method and route, and leaves out those to the sandbox itself', async () => {
    await setFaults(server.sandbox, ['release-create x1 status=500'])
    await forgetRequests(server.sandbox)
    await createRelease('1.0.0')
    await createRelease('1.0.0')
    await send('GET', `/api/v2/model/${modelId}`)
    await send('GET', `/v2/${modelId}/a/b/manifests/latest?x=y`)
    await send('PATCH', `/v2/${modelId}/a/blobs/uploads/1`)
    await send('GET', '/nothing')
    expect(await countRequests(server.sandbox)).toEqual({
      total: 6,
      changing: 3,
      routes: {
        'POST /api/v2/model/{modelId}/releases': 2,
        'GET /api/v2/model/{modelId}': 1,
        'GET /v2/{repository}/manifests/{reference}': 1,
        'PATCH /v2/{repository}/blobs/uploads/{uploadId}': 1,
        'GET (unknown route)': 1,
      },
    })
  })
})

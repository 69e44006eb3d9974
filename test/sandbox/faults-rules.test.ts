import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseFaultRule } from '../../src/lib/sandbox/index.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'
import { exchange } from '../support/raw-http.js'
import { TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())
beforeEach(() => clearFaults(server.sandbox))

async function ask(path = '/api/v2/system/status', method = 'GET'): Promise<number | undefined> {
  return (await exchange(server.sandbox.url + path, { method })).status
}

/** Sends requests one after the other, and returns the numbers of those that went wrong, from 1 on. */
async function findFaulty(requests: number): Promise<number[]> {
  const faulty: number[] = []
  for (let number = 1; number <= requests; number++) if ((await ask()) === 503) faulty.push(number)
  return faulty
}

describe('when a rule applies', () => {
  test.each([
    ['', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['always', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['x3', [1, 2, 3]],
    ['after=5', [6, 7, 8]],
    ['after=5 x2', [6, 7]],
    ['every=3', [3, 6]],
    ['after=1 every=3', [4, 7]],
    ['every=2 x2', [2, 4]],
    ['every=1 after=0 x1', [1]],
    ['p=0', []],
    ['p=1 x2', [1, 2]],
  ])('%j: to the calls %j of 8', async (when, faulty) => {
    await setFaults(server.sandbox, [`any ${when} status=503`])
    expect(await findFaulty(8)).toEqual(faulty)
    const rule = `any ${when} status=503`.replace(/ +/g, ' ')
    expect(await readFaults(server.sandbox)).toEqual([{ rule, calls: 8, hits: faulty.length }])
  })

  test('with a probability: to some of the calls, to the same ones each time, to others with another seed', async () => {
    const drawn: number[][] = []
    for (const seed of ['a', 'a', 'b']) {
      await setFaults(server.sandbox, [`any p=.3 seed=${seed} status=503`])
      drawn.push(await findFaulty(100))
    }
    const [first = [], again, other] = drawn
    expect(first.length).toBeGreaterThan(15)
    expect(first.length).toBeLessThan(45)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('with a probability and a limit: not to more', async () => {
    await setFaults(server.sandbox, ['any p=0.5 x3 status=503'])
    expect(await findFaulty(50)).toHaveLength(3)
  })

  test.each([
    ['x10', 10],
    ['every=2', 25],
    ['after=30', 20],
  ])('%j: to %i of 50 at the same time', async (when, hits) => {
    await setFaults(server.sandbox, [`any ${when} status=503`])
    const statuses = await Promise.all(Array.from({ length: 50 }, () => ask()))
    expect(statuses.filter((status) => status === 503)).toHaveLength(hits)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 50, hits }])
  })

  test('counts from the start when it is set again', async () => {
    await setFaults(server.sandbox, ['any x1 status=503'])
    expect(await findFaulty(2)).toEqual([1])
    await setFaults(server.sandbox, ['any x1 status=503'])
    expect(await findFaulty(2)).toEqual([1])
  })
})

describe('what a rule is about', () => {
  test.each([
    ['any', 'GET /api/v2/system/status', true],
    ['/**', 'DELETE /anything/at/all?x', true],
    ['GET', 'GET /api/v2/system/status', true],
    ['GET', 'HEAD /api/v2/system/status', false],
    ['get /api/v2/system/status', 'GET /api/v2/system/status', true],
    ['/api/v2/system/status', 'GET /api/v2/system/status?x=y', true],
    ['/api/v2/system/status', 'GET /api/v2/system/status/more', false],
    ['/api/v2/*', 'GET /api/v2/system/status', false],
    ['/api/v2/*/status', 'GET /api/v2/system/status', true],
    ['/api/v2/**', 'GET /api/v2/system/status', true],
    ['/api/v*/system/{anything}', 'GET /api/v2/system/status', true],
    ['/api.v2/system/status', 'GET /api/v2/system/status', false],
    ['POST /api/v2/model/{modelId}/releases', 'POST /api/v2/model/m/releases', true],
    ['POST /api/v2/model/*/releases', 'POST /api/v2/model/m/n/releases', false],
    ['PATCH /v2/**/blobs/uploads/*', 'PATCH /v2/m/group/img/blobs/uploads/1?_state=x', true],
    ['PATCH /v2/**/blobs/uploads/*', 'PATCH /v2/m/group/img/blobs/sha256:1', false],
    ['blob-patch', 'PATCH /v2/m/img/blobs/uploads/1', true],
    ['blob-start', 'POST /v2/m/img/blobs/uploads/', true],
    ['blob-start', 'POST /v2/m/img/blobs/uploads', true],
    ['blob-status', 'GET /v2/m/img/blobs/uploads/1', true],
    ['blob-get', 'GET /v2/m/img/blobs/uploads/1', false],
    ['blob-get', 'GET /v2/m/img/blobs/sha256:1', true],
    ['blob-head', 'HEAD /v2/m/img/blobs/sha256:1', true],
    ['blob-commit', 'PUT /v2/m/img/blobs/uploads/1', true],
    ['manifest-put', 'PUT /v2/m/img/manifests/latest', true],
    ['manifest-get', 'GET /v2/m/img/manifests/latest', true],
    ['manifest-head', 'HEAD /v2/m/img/manifests/latest', true],
    ['token', 'GET /api/v1/registry_auth?service=x', true],
    ['model-create', 'POST /api/v2/models', true],
    ['model-search', 'GET /api/v2/models/search?search=x', true],
    ['model-get', 'GET /api/v2/model/m', true],
    ['model-get', 'GET /api/v2/model/m/files', false],
    ['model-update', 'PATCH /api/v2/model/m', true],
    ['model-delete', 'DELETE /api/v2/model/m', true],
    ['card-setup', 'POST /api/v2/model/m/setup/from-schema', true],
    ['card-put', 'PUT /api/v2/model/m/model-cards', true],
    ['card-get', 'GET /api/v2/model/m/model-card/latest', true],
    ['release-create', 'POST /api/v2/model/m/releases', true],
    ['release-list', 'GET /api/v2/model/m/releases?q', true],
    ['release-get', 'GET /api/v2/model/m/release/1.0.0', true],
    ['release-update', 'PUT /api/v2/model/m/release/1.0.0', true],
    ['release-delete', 'DELETE /api/v2/model/m/release/1.0.0', true],
    ['file-upload', 'POST /api/v2/model/m/files/upload/simple?name=x', true],
    ['multipart-start', 'POST /api/v2/model/m/files/upload/multipart/start', true],
    ['part', 'POST /api/v2/model/m/files/upload/multipart/part?partNumber=1', true],
    ['multipart-finish', 'POST /api/v2/model/m/files/upload/multipart/finish', true],
    ['file-list', 'GET /api/v2/model/m/files', true],
    ['file-download', 'GET /api/v2/model/m/file/1/download', true],
    ['file-delete', 'DELETE /api/v2/model/m/file/1', true],
    ['image-list', 'GET /api/v2/model/m/images', true],
  ])('%s: %s? %s', async (route, request, isMatched) => {
    const [method = '', path = ''] = request.split(' ')
    await setFaults(server.sandbox, [`${route} status=503`])
    expect((await ask(path, method)) === 503).toBe(isMatched)
  })
})

describe('a rule', () => {
  test('may be spaced as it likes', () => {
    expect(parseFaultRule('  POST   /a\tx3  status=503 ').text).toBe('POST /a x3 status=503')
  })

  test.each([
    ['', 'begins with ""'],
    ['   ', 'begins with ""'],
    ['relase-create status=503', 'begins with "relase-create", which is neither'],
    ['FETCH /a status=503', 'begins with "FETCH"'],
    ['constructor status=503', 'begins with "constructor"'],
    ['status=503', 'begins with "status=503"'],
    ['release-create', 'does not say what goes wrong'],
    ['release-create x3', 'does not say what goes wrong'],
    ['GET POST status=503', 'has the word "POST", which is not known'],
    ['any /a /b status=503', 'has the word "/b", which is not known'],
    ['any frobnicate', 'has the word "frobnicate", which is not known'],
    ['any __proto__=1', 'has the word "__proto__=1", which is not known'],
    ['any x status=503', 'gives no value to x'],
    ['any status', 'gives no value to status'],
    ['any status=', 'gives no value to status'],
    ['any lost=1', 'gives a value to lost, which takes none'],
    ['any truncate=', 'gives no value to truncate'],
    ['any status=503 status=502', 'says status twice'],
    ['any status=200', 'has "200" for a status'],
    ['any status=abc', 'has "abc" for a status'],
    ['any status=600', 'has "600" for a status'],
    ['any x0 status=503', 'has "0" for x, which is not a whole number from 1 on'],
    ['any every=0 status=503', 'has "0" for every'],
    ['any after=-1 status=503', 'has "-1" for after'],
    ['any after=1.5 status=503', 'has "1.5" for after'],
    ['any retry-after=soon', 'has "soon" for retry-after'],
    ['any p=2 status=503', 'has "2" for a probability'],
    ['any p=-0.1 status=503', 'has "-0.1" for a probability'],
    ['any p=10% status=503', 'has "10%" for a probability'],
    ['any seed=a status=503', 'has a seed, but no probability'],
    ['any always x3 status=503', 'says always, and x, always as well'],
    ['any delay=2', 'has "2" for delay, which is not a time'],
    ['any delay=1000h', 'has "1000h" for delay, which is not a time'],
    ['any hold=fast', 'has "fast" for hold, which is not a time'],
    ['any trickle=0', 'has "0" for trickle, which is not a rate'],
    ['any trickle=2k/s', 'has "2k/s" for trickle, which is not a rate'],
    ['any reset-request=some', 'has "some" for reset-request, which is not a number of bytes'],
    ['any reset-response=-1', 'has "-1" for reset-response, which is not a number of bytes'],
    ['any truncate=1.5', 'has "1.5" for truncate'],
    ['any wrong-length=10', 'has "10" for wrong-length'],
    ['any wrong-length=+0', 'has "+0" for wrong-length'],
    ['any html empty', 'has an answer that is both empty and html'],
    ['any lost truncate', 'has a call end in two ways, lost and truncate'],
    ['any status=503 reset-request=1', 'has a call end in two ways, status and reset-request'],
    ['any reset-request=1 reset-response=1', 'has a call end in two ways, reset-request and reset-response'],
    ['file-upload expire-token', "has expire-token for a route that is not the registry's"],
    ['POST /api/** forget-offset', "has forget-offset for a route that is not the registry's"],
  ])('like %j is none', (text, reason) => {
    expect(() => parseFaultRule(text)).toThrow(reason)
    expect(() => parseFaultRule(text)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error)
  })

  test('that is very long is not shown whole', () => {
    const long = `any ${'y'.repeat(100_000)}`
    expect(() => parseFaultRule(long)).toThrow(/^.{0,400}$/s)
  })
})

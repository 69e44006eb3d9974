import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../src/lib/content/byte-source.js'
import { readAll } from '../content/read-all.js'
import { noise, sha256 } from '../support/bytes.js'
import { failureOf } from '../support/client.js'
import { startSandboxRegistry } from '../support/sandbox-registry.js'
import { challengeReply, startScriptedRegistry, TOKEN_PATH } from '../support/scripted-registry.js'
import { bailoError, json, startServer, type ReceivedRequest, type Reply } from '../support/scripted-server.js'

const SIZE = 2_500_001
const SOURCE = noise(SIZE)
const UPLOADS = '/v2/m/img/blobs/uploads/'

const started = (id: string): Reply => ({ status: 202, headers: { location: `${UPLOADS}${id}?_state=0` } })
/** How far an upload has got; the last byte as registries put it. */
const progress = (id: string, lastByte: number, status = 202): Reply => ({
  status,
  headers: { location: `${UPLOADS}${id}?_state=${lastByte}`, range: `0-${lastByte}` },
})
const asked = (id: string, lastByte: number): Reply => progress(id, lastByte, 204)
const CANCELLED: Reply = { status: 204 }
const CREATED: Reply = { status: 201 }
const BREAKS: Reply = { resetAfterReceiving: 1_000_000 }

async function digestOf(source: ByteSource, start = 0): Promise<string> {
  return sha256(await readAll(source.open({ start })))
}

/** Pushes the source to a registry that replies so, counting what is reported. */
async function push(replies: Parameters<typeof startScriptedRegistry>[0], source = SOURCE, signal?: AbortSignal) {
  const registry = await startScriptedRegistry(replies)
  const deltas: number[] = []
  const pushing = registry.client.pushBlob({
    repository: 'm/img',
    source,
    onBytes: (delta) => void deltas.push(delta),
    signal,
  })
  const outcome: unknown = await pushing.catch((error: unknown) => error)
  const total = deltas.reduce((sum, delta) => sum + delta, 0)
  return { registry, outcome, total, deltas }
}

/** The bytes that requests were about, in the notation of registries. */
function ranges(requests: readonly ReceivedRequest[]): unknown[] {
  return requests.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range'])
}

describe('a blob', () => {
  it('is sent to where the registry says, each time the latest place, and stored by its digest', async () => {
    const { registry, outcome, total } = await push([started('a'), progress('b', SIZE - 1), CREATED])
    const digest = await digestOf(SOURCE)
    expect(outcome).toBe(digest)
    expect(registry.lines).toEqual([
      `POST ${UPLOADS}`,
      `PATCH ${UPLOADS}a?_state=0`,
      `PUT ${UPLOADS}b?_state=${SIZE - 1}&digest=${encodeURIComponent(digest)}`,
    ])
    const [start, patch, commit] = registry.requests
    expect(start?.headers['content-length']).toBe('0')
    expect(patch?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'content-type': 'application/octet-stream',
      'content-length': String(SIZE),
      'content-range': `0-${SIZE - 1}`,
    })
    expect(sha256(patch?.body ?? '')).toBe(digest)
    expect(commit?.body.length).toBe(0)
    expect(total).toBe(SIZE)
  })

  it('of no bytes is stored without sending any', async () => {
    const { registry, outcome } = await push([started('a'), CREATED], noise(0))
    expect(outcome).toBe(sha256(''))
    expect(registry.requests.map(({ method }) => method)).toEqual(['POST', 'PUT'])
  })

  it('keeps a state in the place that has to be escaped', async () => {
    const location = `${UPLOADS}a?_state=x%2By%3D%26z`
    const { registry } = await push([{ status: 202, headers: { location } }, CREATED], noise(0))
    const query = new URL(registry.requests[1]?.url ?? '', 'http://a').searchParams
    expect(query.get('_state')).toBe('x+y=&z')
    expect(query.get('digest')).toBe(sha256(''))
  })
})

describe('after a connection that broke', () => {
  it('goes on where the registry says, with the digest of the whole', async () => {
    const { registry, outcome, total, deltas } = await push([
      started('a'),
      BREAKS,
      asked('a', 499_999),
      progress('a', SIZE - 1),
      CREATED,
    ])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(registry.lines.slice(1, 4)).toEqual([
      `PATCH ${UPLOADS}a?_state=0`,
      `GET ${UPLOADS}a?_state=0`,
      `PATCH ${UPLOADS}a?_state=499999`,
    ])
    expect(registry.requests[3]?.headers).toMatchObject({
      'content-range': `500000-${SIZE - 1}`,
      'content-length': String(SIZE - 500_000),
    })
    expect(sha256(registry.requests[3]?.body ?? '')).toBe(await digestOf(SOURCE, 500_000))
    expect(total).toBe(SIZE)
    expect(deltas.filter((delta) => delta < 0)).toHaveLength(1)
    expect(registry.retries).toHaveLength(1)
  })

  it('goes on again after a second break, also when that came earlier than what was hashed', async () => {
    const { registry, outcome, total } = await push([
      started('a'),
      { resetAfterReceiving: 2_000_000 },
      asked('a', 99_999),
      { resetAfterReceiving: 500_000 },
      asked('a', 299_999),
      progress('a', SIZE - 1),
      CREATED,
    ])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(ranges(registry.requests)).toEqual([`0-${SIZE - 1}`, `100000-${SIZE - 1}`, `300000-${SIZE - 1}`])
    expect(total).toBe(SIZE)
  })

  it.each([
    ['it has a single byte or none', asked('a', 0)],
    ['it has more than was sent', asked('a', 10 * SIZE)],
    ['it does not say how much it has', { status: 204 }],
    ['it has something else than the beginning', { status: 204, headers: { range: '5-10' } }],
    ['it has forgotten the upload', json({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }, 404)],
    ['it cannot be asked', { status: 405 }],
  ])('gives up the upload and begins a new one when %s', async (_case, answer) => {
    const replies = [started('a'), BREAKS, answer, CANCELLED, started('b'), progress('b', SIZE - 1), CREATED]
    const { registry, outcome, total } = await push(replies)
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(registry.requests.map(({ method, url }) => `${method} ${url.replace(UPLOADS, '').charAt(0)}`)).toEqual([
      'POST ',
      'PATCH a',
      'GET a',
      'DELETE a',
      'POST ',
      'PATCH b',
      'PUT b',
    ])
    expect(ranges(registry.requests)).toEqual([`0-${SIZE - 1}`, `0-${SIZE - 1}`])
    expect(sha256(registry.requests[5]?.body ?? '')).toBe(await digestOf(SOURCE))
    expect(total).toBe(SIZE)
  })

  it('sends nothing more when only the answer was lost', async () => {
    const { registry, outcome } = await push([started('a'), 'reset', asked('a', SIZE - 1), CREATED])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(registry.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'GET', 'PUT'])
    expect(registry.lines[3]).toContain(`_state=${SIZE - 1}`)
  })

  it('asks again when the connection breaks while asking', async () => {
    const replies: Reply[] = [started('a'), BREAKS, 'reset', asked('a', 499_999), progress('a', SIZE - 1), CREATED]
    const { registry, outcome } = await push(replies)
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(ranges(registry.requests)).toEqual([`0-${SIZE - 1}`, `500000-${SIZE - 1}`])
  })

  it('gives up no upload for want of an answer', async () => {
    const unanswered = Array<Reply>(6).fill('reset')
    const replies: Reply[] = [
      started('a'),
      BREAKS,
      ...unanswered,
      asked('a', 499_999),
      progress('a', SIZE - 1),
      CREATED,
    ]
    const { registry, outcome } = await push(replies)
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(ranges(registry.requests)).toEqual([`0-${SIZE - 1}`, `500000-${SIZE - 1}`])
  })

  it.each([429, 503])('asks also after status %i, which a proxy may send when part has arrived', async (status) => {
    const { registry, outcome, total } = await push([
      started('a'),
      bailoError(status, 'upstream reset'),
      asked('a', 499_999),
      progress('a', SIZE - 1),
      CREATED,
    ])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(ranges(registry.requests)).toEqual([`0-${SIZE - 1}`, `500000-${SIZE - 1}`])
    expect(total).toBe(SIZE)
  })

  it('tries as often as for a single request, and then cancels', async () => {
    const { registry, outcome } = await push((request) => {
      if (request.method === 'POST') return started('a')
      if (request.method === 'GET') return asked('a', 499_999)
      return request.method === 'DELETE' ? CANCELLED : { resetAfterReceiving: 100_000 }
    })
    expect(outcome).toMatchObject({ name: 'ConnectionError' })
    expect(ranges(registry.requests)).toHaveLength(6)
    expect(registry.lines.at(-1)).toMatch(/^DELETE /)
  })
})

describe('an upload that cannot be', () => {
  it('is cancelled when the registry refuses the bytes', async () => {
    const { registry, outcome } = await push([started('a'), bailoError(400, 'no space'), CANCELLED])
    expect(outcome).toMatchObject({ status: 400, operation: { path: '/v2/<name>/blobs/uploads/<reference>' } })
    expect(registry.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'DELETE'])
  })

  it('is cancelled when it is interrupted, although nothing else is sent then', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const { registry, outcome } = await push(
      ({ method }) => {
        if (method === 'POST') return started('a')
        if (method === 'DELETE') return CANCELLED
        controller.abort(reason)
        return 'silence'
      },
      SOURCE,
      controller.signal,
    )
    expect(outcome).toBe(reason)
    expect(registry.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'DELETE'])
  })

  it('fails as it failed, also when cancelling fails', async () => {
    const { outcome } = await push([started('a'), bailoError(400, 'no space'), 'reset'])
    expect(outcome).toMatchObject({ status: 400 })
  })

  it.each([
    ['none', undefined],
    ['one that is no URL', 'http://[x'],
  ])('is refused when the registry gives no place for it (%s)', async (_case, location) => {
    const { registry, outcome } = await push([{ status: 202, headers: location === undefined ? {} : { location } }])
    expect(outcome).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((outcome as Error).message).toContain('no Location')
    expect(registry.requests).toHaveLength(1)
  })

  it.each(['start', 'end'])('sends nothing to a place on another origin, named at the %s', async (when) => {
    const other = await startServer(() => started('x'))
    const foreign = { status: 202, headers: { location: `${other.origin}${UPLOADS}x` } }
    const replies: Reply[] = when === 'start' ? [foreign] : [started('a'), foreign]
    const { outcome } = await push(replies)
    expect(outcome).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((outcome as Error).message).toContain(`the server names ${other.origin}`)
    expect(other.requests).toEqual([])
  })
})

describe('the last request', () => {
  it('may be repeated: the blob is there, although its upload is gone', async () => {
    const unknown = json({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN', message: 'blob upload unknown' }] }, 404)
    const there: Reply = { headers: { 'content-length': String(SIZE) } }
    const { registry, outcome } = await push([started('a'), progress('a', SIZE - 1), 'reset', unknown, there])
    const digest = await digestOf(SOURCE)
    expect(outcome).toBe(digest)
    expect(registry.lines.slice(2).map((line) => line.split('?')[0])).toEqual([
      `PUT ${UPLOADS}a`,
      `PUT ${UPLOADS}a`,
      `HEAD /v2/m/img/blobs/${digest}`,
    ])
  })

  it.each([
    ['is not there', { status: 404 }],
    ['has another size', { headers: { 'content-length': '7' } }],
    ['cannot be looked for', { status: 403 }],
  ])('fails as it failed when the blob %s', async (_case, found) => {
    const invalid = json({ errors: [{ code: 'DIGEST_INVALID', message: 'digest mismatch' }] }, 400)
    const { registry, outcome } = await push([started('a'), progress('a', SIZE - 1), invalid, found])
    expect(outcome).toMatchObject({ status: 400, serverMessage: 'DIGEST_INVALID: digest mismatch' })
    expect(registry.requests).toHaveLength(4)
  })
})

it('gets a new token in the middle when the registry no longer takes the first', async () => {
  const { registry, outcome } = await push([started('a'), challengeReply(TOKEN_PATH), progress('a', SIZE - 1), CREATED])
  expect(outcome).toBe(await digestOf(SOURCE))
  expect(registry.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-1',
    'Bearer token-2',
    'Bearer token-2',
  ])
  expect(ranges(registry.requests)).toEqual([`0-${SIZE - 1}`, `0-${SIZE - 1}`])
})

describe("with the sandbox's registry", () => {
  const REPOSITORY = 'model-abc123/img'

  async function start() {
    const { registry, proxy, client } = await startSandboxRegistry()
    const expectStored = async (digest: string): Promise<void> => {
      const token = await registry.pushToken(REPOSITORY)
      // A connection that is kept would hold up the end of the registry.
      const options = { token, headers: { connection: 'close' } }
      const { status, body } = await registry.send('GET', `/v2/${REPOSITORY}/blobs/${digest}`, options)
      expect(status).toBe(200)
      expect(sha256(body)).toBe(await digestOf(SOURCE))
    }
    /** The methods that were used on content, as they came through. */
    const methods = (): unknown[] =>
      proxy.lines.filter((line) => line.includes(REPOSITORY)).map((line) => line.split(' ')[0])
    return { registry, proxy, client, expectStored, methods }
  }

  it('a blob arrives whole', async () => {
    const { client, expectStored, methods } = await start()
    await expectStored(await client.pushBlob({ repository: REPOSITORY, source: SOURCE }))
    expect(methods()).toEqual(['POST', 'PATCH', 'PUT'])
  })

  it('a blob arrives whole over a connection that breaks, and its first part is not sent again', async () => {
    const { client, proxy, expectStored, methods } = await start()
    proxy.cutRequest('PATCH ', 1_200_000)
    await expectStored(await client.pushBlob({ repository: REPOSITORY, source: SOURCE }))
    expect(proxy.cuts).toBe(1)
    expect(methods()).toEqual(['POST', 'PATCH', 'GET', 'PATCH', 'PUT'])
  })

  it('a blob arrives whole when the answer to its bytes is lost', async () => {
    const { client, proxy, expectStored, methods } = await start()
    proxy.cutAnswer('PATCH ')
    await expectStored(await client.pushBlob({ repository: REPOSITORY, source: SOURCE }))
    expect(methods()).toEqual(['POST', 'PATCH', 'GET', 'PUT'])
  })

  it('a blob is found when the answer to its last request is lost', async () => {
    const { client, proxy, expectStored, methods } = await start()
    proxy.cutAnswer('PUT ')
    await expectStored(await client.pushBlob({ repository: REPOSITORY, source: SOURCE }))
    expect(proxy.cuts).toBe(1)
    expect(methods()).toEqual(['POST', 'PATCH', 'PUT', 'PUT', 'HEAD'])
  })

  it('a blob arrives whole when the token expires on the way', async () => {
    const { client, registry, expectStored } = await start()
    let isExpired = false
    const source: ByteSource = {
      sizeBytes: SIZE,
      open: (range) => {
        // After the upload was begun, and before its bytes are sent.
        if (!isExpired) registry.advance(2 * 3_600_000)
        isExpired = true
        return SOURCE.open(range)
      },
    }
    await expectStored(await client.pushBlob({ repository: REPOSITORY, source }))
  })

  it('a refusal is told as the registry puts it', async () => {
    const { client } = await start()
    const error = await failureOf(client.pushBlob({ repository: 'readable-ghi789/img', source: SOURCE }))
    expect(error).toMatchObject({ status: 403, serverMessage: 'DENIED: Not allowed: push on readable-ghi789' })
  })
})

describe('an upload that another process has begun', () => {
  /** Goes on with the upload `a`, and says which places it was told of. */
  async function takeOver(replies: Parameters<typeof startScriptedRegistry>[0]) {
    const registry = await startScriptedRegistry(replies)
    const places: string[] = []
    const outcome: unknown = await registry.client
      .pushBlob({
        repository: 'm/img',
        source: SOURCE,
        begun: `${UPLOADS}a?_state=0`,
        onBegun: (place) => {
          places.push(place)
          return Promise.resolve()
        },
      })
      .catch((error: unknown) => error)
    return { registry, outcome, places }
  }

  it('goes on where that one had ended, with the digest of all bytes', async () => {
    const { registry, outcome, places } = await takeOver([asked('a', 999_999), progress('b', SIZE - 1), CREATED])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(registry.requests.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'PUT'])
    expect(ranges(registry.requests)).toEqual([`1000000-${SIZE - 1}`])
    expect(sha256(registry.requests[1]?.body ?? '')).toBe(await digestOf(SOURCE, 1_000_000))
    expect(places).toEqual([])
  })

  it('is only stored when all bytes are there', async () => {
    const { registry, outcome } = await takeOver([asked('a', SIZE - 1), CREATED])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(registry.requests.map(({ method }) => method)).toEqual(['GET', 'PUT'])
  })

  it('is begun anew when the registry no longer knows it, and its new place told', async () => {
    const { registry, outcome, places } = await takeOver([
      { status: 404 },
      { status: 404 },
      started('c'),
      progress('c', SIZE - 1),
      CREATED,
    ])
    expect(outcome).toBe(await digestOf(SOURCE))
    expect(registry.requests.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'POST', 'PATCH', 'PUT'])
    expect(places).toEqual([`${UPLOADS}c?_state=0`])
  })

  it('is not sent anywhere else than to the configured instance', async () => {
    const registry = await startScriptedRegistry([])
    const begun = 'http://127.0.0.1:1/v2/m/img/blobs/uploads/a'
    const failure = await failureOf(registry.client.pushBlob({ repository: 'm/img', source: SOURCE, begun }))
    expect(String(failure)).toContain('nothing was sent there')
  })
})

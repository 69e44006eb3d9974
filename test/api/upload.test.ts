import { describe, expect, it } from 'vitest'
import type { Instance } from '../../src/lib/api/instance.js'
import { getModel } from '../../src/lib/api/models.js'
import { uploadFile, type UploadOptions } from '../../src/lib/api/upload.js'
import type { ByteSource } from '../../src/lib/content/byte-source.js'
import { ExitCode } from '../../src/lib/errors.js'
import { readAll } from '../content/read-all.js'
import { noise, sha256 } from '../support/bytes.js'
import { BASIC, failureOf, openInstance } from '../support/client.js'
import { bailoError, json, startServer, type ReceivedRequest, type Reply } from '../support/scripted-server.js'

const SIZE = 2_500_001
const STORED = { _id: '63f000000000000000000001', name: 'a', size: SIZE }
const MODEL = json({ model: { id: 'm', name: 'n', kind: 'model' } })

function upload(instance: Instance, options: UploadOptions = {}, source: ByteSource = noise(SIZE)) {
  return uploadFile(instance, { modelId: 'm', name: 'a b.bin', mime: 'x/y', tags: ['t'], source }, options)
}

async function hashOf(source: ByteSource, start: number, end: number): Promise<string> {
  return sha256(await readAll(source.open({ start, end })))
}

/** Counts what is reported of a transfer. */
function countBytes(): { onBytes: (delta: number) => void; readonly total: number; readonly takenBack: number } {
  const counts = { total: 0, takenBack: 0 }
  return Object.assign(counts, {
    onBytes: (delta: number) => {
      counts.total += delta
      if (delta < 0) counts.takenBack -= delta
    },
  })
}

describe('an upload at once', () => {
  it('sends exactly the bytes, as bytes of a known length', async () => {
    const server = await startServer([json({ file: STORED })])
    const counter = countBytes()
    expect(await upload(openInstance(server.origin), counter)).toEqual(STORED)
    const [request] = server.requests
    expect(server.lines).toEqual(['POST /api/v2/model/m/files/upload/simple?name=a+b.bin&mime=x%2Fy&tags=t'])
    expect(request?.headers).toMatchObject({
      authorization: BASIC,
      'content-type': 'application/octet-stream',
      'content-length': String(SIZE),
    })
    expect(request?.headers['transfer-encoding']).toBeUndefined()
    expect(sha256(request?.body ?? '')).toBe(await hashOf(noise(SIZE), 0, SIZE))
    expect(counter.total).toBe(SIZE)
  })

  it('counts no byte before the pace lets it go', async () => {
    const server = await startServer(['silence'])
    const abort = new AbortController()
    const counter = countBytes()
    let released = 0
    // What is beyond waits for longer than this test.
    const reserve = (length: number): number => (released + length > 40_000 ? 60_000 : ((released += length), 0))
    const instance = openInstance(server.origin, { pace: { bytesPerSecond: 100_000, reserve } })
    const outcome = failureOf(upload(instance, { onBytes: counter.onBytes, signal: abort.signal }))
    await expect.poll(() => counter.total).toBeGreaterThan(30_000)
    expect(counter.total).toBe(released)
    abort.abort()
    await outcome
    expect(counter.total).toBe(released)
  })

  it('is not repeated after a reset, because the file may be there', async () => {
    const server = await startServer([MODEL, { resetAfterReceiving: 1_000_000 }, json({ file: STORED })])
    const instance = openInstance(server.origin)
    await getModel(instance, 'm')
    expect(await failureOf(upload(instance))).toMatchObject({ name: 'ConnectionError', exitCode: ExitCode.Unreachable })
    expect(server.requests).toHaveLength(2)
  })

  it('is repeated when the server did not take it, and counted once', async () => {
    const server = await startServer([bailoError(503, 'busy'), json({ file: STORED })])
    const counter = countBytes()
    await upload(openInstance(server.origin), counter)
    expect(sha256(server.requests[1]?.body ?? '')).toBe(await hashOf(noise(SIZE), 0, SIZE))
    expect(counter).toMatchObject({ total: SIZE, takenBack: SIZE })
  })

  it.each([
    ['another size', { ...STORED, size: SIZE - 1 }, `with ${SIZE - 1} bytes, but ${SIZE} were sent`],
    ['no size', { _id: 'f\x1b[2J', name: 'a' }, `file f\\u{1b}[2J was stored with no bytes, but ${SIZE} were sent`],
  ])('is an error when the server stored %s', async (_case, file, message) => {
    const server = await startServer([json({ file })])
    const error = await failureOf(upload(openInstance(server.origin)))
    expect(error).toMatchObject({ name: 'ExpectedError', exitCode: ExitCode.Partial })
    expect((error as Error).message).toContain(message)
  })

  it.each([
    ['a page', { headers: { 'content-type': 'text/html\x9b' }, body: '<p>ok' }, 'not JSON (text/html\\u{9b})'],
    ['nothing', {}, 'not JSON (no content type)'],
    ['something else', json({ message: 'ok' }), "must have required property 'file'"],
  ])('is an error when the server answers %s', async (_case, reply, message) => {
    const server = await startServer([reply])
    const error = await failureOf(upload(openInstance(server.origin)))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((error as Error).message).toContain(message)
  })

  it('ends with its signal', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const server = await startServer(() => {
      controller.abort(reason)
      return 'silence'
    })
    const options = { signal: controller.signal }
    expect(await failureOf(upload(openInstance(server.origin), options))).toBe(reason)
  })
})

describe('an upload in parts', () => {
  const PART_SIZE = 1_000_000
  const CHUNKS = [
    { startByte: 0, endByte: 999_999 },
    { startByte: 1_000_000, endByte: 1_999_999 },
    { startByte: 2_000_000, endByte: SIZE - 1 },
  ]
  const START = json({ fileId: 'f', uploadId: 'u', chunks: CHUNKS })

  const partNumber = ({ url }: ReceivedRequest): number =>
    Number(new URL(url, 'http://a').searchParams.get('partNumber'))
  const isPart = ({ url }: ReceivedRequest): boolean => url.includes('/multipart/part?')

  /** A server for one upload; `onPart` may reply otherwise to the n-th request for a part. */
  function startUploadServer(
    onPart: (part: number, attempt: number) => Reply | undefined | Promise<Reply | undefined>,
  ) {
    const attempts = new Map<number, number>()
    return startServer(async (request) => {
      if (request.url.endsWith('/start')) return START
      if (request.url.endsWith('/finish')) return json({ file: STORED })
      const part = partNumber(request)
      const attempt = (attempts.get(part) ?? 0) + 1
      attempts.set(part, attempt)
      return (await onPart(part, attempt)) ?? json({ ETag: `"etag-${part}"` })
    })
  }

  it('starts, sends each part, and finishes with the tags as they came', async () => {
    const server = await startUploadServer(() => undefined)
    const counter = countBytes()
    expect(await upload(openInstance(server.origin), { ...counter, multipart: 'always' })).toEqual(STORED)
    const [start, ...rest] = server.requests
    const finish = rest.pop()
    expect(start?.url).toBe('/api/v2/model/m/files/upload/multipart/start')
    expect(JSON.parse(start?.body.toString() ?? '')).toEqual({ name: 'a b.bin', size: SIZE, mime: 'x/y', tags: ['t'] })
    const parts = rest.toSorted((a, b) => partNumber(a) - partNumber(b))
    expect(parts.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((n) => `/api/v2/model/m/files/upload/multipart/part?fileId=f&uploadId=u&partNumber=${n}`),
    )
    for (const [index, { startByte, endByte }] of CHUNKS.entries()) {
      const { headers, body } = parts[index]!
      expect(headers).toMatchObject({
        authorization: BASIC,
        'content-type': 'application/octet-stream',
        'content-length': String(endByte + 1 - startByte),
      })
      expect(sha256(body)).toBe(await hashOf(noise(SIZE), startByte, endByte + 1))
    }
    expect(finish?.url).toBe('/api/v2/model/m/files/upload/multipart/finish')
    expect(JSON.parse(finish?.body.toString() ?? '')).toEqual({
      fileId: 'f',
      uploadId: 'u',
      parts: [1, 2, 3].map((n) => ({ ETag: `"etag-${n}"`, PartNumber: n })),
    })
    expect(counter.total).toBe(SIZE)
  })

  it('sends parts at the same time, and no more than it may', async () => {
    let inFlight = 0
    let most = 0
    let release: (() => void) | undefined
    // None of the first two is answered before both have arrived.
    const bothHere = new Promise<void>((resolve) => (release = resolve))
    const server = await startUploadServer(async () => {
      most = Math.max(most, ++inFlight)
      if (inFlight === 2) release?.()
      await bothHere
      inFlight--
      return undefined
    })
    await upload(openInstance(server.origin), { multipart: 'always', partConcurrency: 2 })
    expect(most).toBe(2)
  })

  it('sends a part that failed again alone, and counts its bytes once', async () => {
    const server = await startUploadServer((part, attempt) =>
      part === 2 && attempt === 1 ? { resetAfterReceiving: 200_000 } : undefined,
    )
    const counter = countBytes()
    await upload(openInstance(server.origin), { ...counter, multipart: 'always' })
    const parts = server.requests.filter(isPart)
    expect(parts.map(partNumber).toSorted()).toEqual([1, 2, 2, 3])
    const again = parts.filter((request) => partNumber(request) === 2)[1]
    expect(sha256(again?.body ?? '')).toBe(await hashOf(noise(SIZE), PART_SIZE, 2 * PART_SIZE))
    expect(counter.total).toBe(SIZE)
    expect(counter.takenBack).toBeGreaterThan(0)
  })

  it('ends when a part fails for good: no further part, no finish', async () => {
    const server = await startUploadServer((part) => (part === 1 ? bailoError(500, 'no space') : undefined))
    const options = { multipart: 'always', partConcurrency: 1 } as const
    const instance = openInstance(server.origin)
    const error = await failureOf(upload(instance, options))
    expect(error).toMatchObject({ status: 500, serverMessage: 'no space', operation: { method: 'POST' } })
    // What was under way has arrived by the time that a later request is answered.
    await failureOf(getModel(instance, 'finish'))
    expect(server.lines.slice(0, -1).map((line) => line.split('/').at(-1))).toEqual([
      'start',
      expect.stringMatching(/^part\?.*=1$/),
    ])
  })

  it('breaks off the other parts when one fails for good', async () => {
    let arrive: (() => void) | undefined
    const secondHere = new Promise<void>((resolve) => (arrive = resolve))
    const server = await startUploadServer(async (part) => {
      if (part === 2) arrive?.()
      await secondHere
      return part === 1 ? bailoError(500, 'no space') : 'silence'
    })
    const options = { multipart: 'always', partConcurrency: 2 } as const
    expect(await failureOf(upload(openInstance(server.origin), options))).toMatchObject({ status: 500 })
    await server.requests.find((request) => isPart(request) && partNumber(request) === 2)?.brokenOff
  })

  it('ends with its signal', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const server = await startUploadServer(() => {
      controller.abort(reason)
      return 'silence'
    })
    const options = { multipart: 'always', signal: controller.signal } as const
    expect(await failureOf(upload(openInstance(server.origin), options))).toBe(reason)
    expect(server.lines.filter((line) => line.endsWith('/finish'))).toEqual([])
  })

  it.each([
    ['a gap', [CHUNKS[0], CHUNKS[2]]],
    ['a missing end', CHUNKS.slice(0, 2)],
    ['an overlap', [CHUNKS[0], { startByte: 999_999, endByte: SIZE - 1 }]],
    ['more than the file has', [...CHUNKS.slice(0, 2), { startByte: 2_000_000, endByte: SIZE }]],
    [
      'a part backwards',
      [
        { startByte: 0, endByte: SIZE - 1 },
        { startByte: SIZE, endByte: SIZE - 1 },
      ],
    ],
    ['no parts', []],
  ])('refuses parts with %s, before any byte is sent', async (_case, chunks) => {
    const server = await startServer([json({ fileId: 'f', uploadId: 'u', chunks })])
    const error = await failureOf(upload(openInstance(server.origin), { multipart: 'always' }))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((error as Error).message).toContain(`do not make up a file of ${SIZE} bytes`)
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['auto', 64 * 2 ** 20 - 1, 'simple'],
    ['auto', 64 * 2 ** 20, 'start'],
    ['auto', 50_000 * 2 ** 20, 'start'],
    ['auto', 50_000 * 2 ** 20 + 1, 'simple'],
    ['never', 64 * 2 ** 20, 'simple'],
    ['always', 1, 'start'],
  ] as const)('is chosen with %s for a file of %i bytes: %s', async (multipart, sizeBytes, way) => {
    const server = await startServer(({ url }) => {
      // A refusal shows the choice without moving gigabytes.
      return url.includes('/simple') ? { resetAfterReceiving: 0 } : bailoError(400, 'enough')
    })
    await failureOf(upload(openInstance(server.origin), { multipart }, noise(sizeBytes)))
    expect(server.requests).toHaveLength(1)
    expect(server.lines[0]).toContain(`/files/upload/${way === 'start' ? 'multipart/start' : 'simple?'}`)
  })
})

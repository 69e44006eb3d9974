import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type AnswerBody, bailoError, type Keys, TestSandbox, UNKNOWN_ERROR } from './client.js'

const PART_SIZE_BYTES = 5 * 1024 * 1024

let server: TestSandbox
let modelId: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModel()
})
afterAll(() => server.close())

type Started = Pick<AnswerBody, 'fileId' | 'uploadId' | 'chunks'>

const multipart = (step: string) => `/api/v2/model/${modelId}/files/upload/multipart/${step}`

async function start(size: number, details: object = {}): Promise<Started> {
  const { status, body } = await server.post(multipart('start'), { name: 'mp.bin', size, ...details })
  expect(status).toBe(200)
  return body
}

function sendPart(
  { fileId, uploadId }: Started,
  partNumber: number,
  content: Uint8Array,
  keys?: Keys,
): Promise<Answer> {
  const query = new URLSearchParams({ fileId, uploadId, partNumber: String(partNumber) })
  return server.send('POST', `${multipart('part')}?${query.toString()}`, content, keys && { keys })
}

async function sendParts(started: Started, content: Buffer): Promise<{ ETag: string; PartNumber: number }[]> {
  const parts: { ETag: string; PartNumber: number }[] = []
  for (const [index, { startByte, endByte }] of started.chunks.entries()) {
    const { status, body } = await sendPart(started, index + 1, content.subarray(startByte, endByte + 1))
    expect(status).toBe(200)
    parts.push({ ETag: body.ETag, PartNumber: index + 1 })
  }
  return parts
}

const finish = ({ fileId, uploadId }: Started, parts: unknown, details: object = {}) =>
  server.post(multipart('finish'), { fileId, uploadId, parts, ...details })

async function listFile({ fileId }: Started) {
  const { body } = await server.get(`/api/v2/model/${modelId}/files`)
  return body.files.find(({ id }) => id === fileId) as Record<string, unknown> | undefined
}

describe('a multipart upload', () => {
  test.each([5 * 1024 ** 4 + 1, 1e300])('of %d bytes is more than S3 can hold, and leaves no file', async (size) => {
    const { status, body } = await server.post(multipart('start'), { name: 'too-large', size })
    expect([status, body]).toEqual([500, UNKNOWN_ERROR])
    const { files } = (await server.get(`/api/v2/model/${modelId}/files`)).body
    expect(files.filter(({ name }) => name === 'too-large')).toEqual([])
  })

  test.each([
    [1, [[0, 0]]],
    [PART_SIZE_BYTES, [[0, 5242879]]],
    [
      12582929,
      [
        [0, 5242879],
        [5242880, 10485759],
        [10485760, 12582928],
      ],
    ],
  ])('of %i bytes is divided into chunks of 5 MiB', async (size, ranges) => {
    const { chunks } = await start(size)
    expect(chunks).toEqual(ranges.map(([startByte, endByte]) => ({ startByte, endByte })))
  })

  test('is one file in the end', async () => {
    const content = randomBytes(PART_SIZE_BYTES + 17)
    const started = await start(content.length, { mime: 'text/plain', tags: ['A'] })
    const unfinished = await listFile(started)
    expect(unfinished).toMatchObject({ complete: false, name: 'mp.bin', tags: ['a'], mime: 'text/plain' })
    expect(unfinished).not.toHaveProperty('size')

    const parts = await sendParts(started, content)
    for (const { ETag } of parts) expect(ETag).toMatch(/^"[0-9a-f]{32}"$/)
    const { status, body } = await finish(started, parts, { tags: ['B'] })
    expect(status).toBe(200)
    expect(body.file).toMatchObject({ id: started.fileId, complete: true, size: content.length, tags: ['b'] })
    expect(body.file).not.toHaveProperty('scanResults')
    expect(await listFile(started)).toMatchObject({ complete: true, size: content.length })

    const url = `${server.sandbox.url}/api/v2/model/${modelId}/file/${started.fileId}/download`
    const received = Buffer.from(await (await fetch(url)).arrayBuffer())
    expect(received.equals(content)).toBe(true)
    const again = await finish(started, parts)
    expect([again.status, again.body]).toEqual([500, UNKNOWN_ERROR])
  })

  test('takes the last version of a part', async () => {
    const started = await start(3)
    const first = await sendPart(started, 1, Buffer.from('old'))
    const second = await sendPart(started, 1, Buffer.from('new'))
    const stale = await finish(started, [{ ETag: first.body.ETag, PartNumber: 1 }])
    expect(stale.status).toBe(500)
    const { status } = await finish(started, [{ ETag: second.body.ETag, PartNumber: 1 }])
    expect(status).toBe(200)
    const { text } = await server.get(`/api/v2/model/${modelId}/file/${started.fileId}/download`)
    expect(text).toBe('new')
  })

  test('is not finished by parts that do not fit', async () => {
    const content = Buffer.alloc(PART_SIZE_BYTES * 2)
    const started = await start(content.length)
    const parts = await sendParts(started, content)
    const small = await sendPart(started, 3, Buffer.alloc(10))
    const third = { ETag: small.body.ETag, PartNumber: 3 }
    const fourth = await sendPart(started, 4, Buffer.alloc(10))
    for (const wrong of [
      [{ ETag: '"x"', PartNumber: 1 }],
      [...parts].reverse(),
      [parts[0], parts[0]],
      [{ ...parts[0], PartNumber: 9 }],
      // Only the last part may be smaller than 5 MiB (S3).
      [...parts, third, { ETag: fourth.body.ETag, PartNumber: 4 }],
    ]) {
      const { status, body } = await finish(started, wrong)
      expect([status, body]).toEqual([500, UNKNOWN_ERROR])
    }
    expect(await listFile(started)).toMatchObject({ complete: false })
    // A part that is not in the list is dropped.
    const { body } = await finish(started, parts)
    expect(body.file.size).toBe(content.length)
  })

  test('is refused with a size or parts that make no sense', async () => {
    const zero = await server.post(multipart('start'), { name: 'f', size: 0 })
    expect(zero.status).toBe(400)
    expect(zero.body).toEqual(
      bailoError('Path: body.size - Message: Number must be greater than 0', {
        errors: [
          {
            code: 'too_small',
            minimum: 0,
            type: 'number',
            inclusive: false,
            exact: false,
            message: 'Number must be greater than 0',
            path: ['body', 'size'],
          },
        ],
      }),
    )
    const noName = await server.post(multipart('start'), { name: '', size: 1 })
    expect([noName.status, noName.body]).toEqual([500, UNKNOWN_ERROR])
    const noParts = await finish(await start(1), [])
    expect(noParts.status).toBe(400)
    expect(noParts.body.error.message).toBe('Path: body.parts - Message: Array must contain at least 1 element(s)')
  })

  test('needs the Content-Length of a part', async () => {
    const started = await start(3)
    const query = new URLSearchParams({ fileId: started.fileId, uploadId: started.uploadId, partNumber: '1' })
    const stream = ReadableStream.from([Buffer.from('abc')])
    const { status, body } = await server.send('POST', `${multipart('part')}?${query.toString()}`, stream)
    expect(status).toBe(400)
    const message = 'Expected number, received nan'
    expect(body).toEqual(
      bailoError(`Path: headers.content-length - Message: ${message}`, {
        errors: [
          { code: 'invalid_type', expected: 'number', received: 'nan', path: ['headers', 'content-length'], message },
        ],
      }),
    )
  })

  test.each([
    ['abc', 400, 'Path: query.partNumber - Message: Expected number, received nan'],
    ['0', 400, 'Path: query.partNumber - Message: Number must be greater than 0'],
    ['10001', 500, UNKNOWN_ERROR.error.message],
  ])('has no part %s', async (partNumber, status, message) => {
    const { fileId, uploadId } = await start(3)
    const query = new URLSearchParams({ fileId, uploadId, partNumber })
    const answer = await server.send('POST', `${multipart('part')}?${query.toString()}`, 'abc')
    expect([answer.status, answer.body.error.message]).toEqual([status, message])
  })

  test('must be known', async () => {
    const started = await start(3)
    const unknownUpload = await sendPart({ ...started, uploadId: 'nope' }, 1, Buffer.from('abc'))
    expect([unknownUpload.status, unknownUpload.body]).toEqual([500, UNKNOWN_ERROR])
    const fileId = '6b031c75d8790795c2c19093'
    const unknownFile = await sendPart({ ...started, fileId }, 1, Buffer.from('abc'))
    expect(unknownFile.status).toBe(404)
    expect(unknownFile.body).toEqual(bailoError('The requested file was not found.', { fileId }))
  })

  test('needs the right to write', async () => {
    const started = await start(3)
    const keys = await server.createToken(['model:read', 'file:read'])
    const { status, body } = await sendPart(started, 1, Buffer.from('abc'), keys)
    expect(status).toBe(403)
    expect(body.error.context).toEqual({ userDn: 'user', fileId: started.fileId })
  })

  test('that is unfinished cannot be downloaded', async () => {
    const { fileId } = await start(3)
    expect((await server.get(`/api/v2/model/${modelId}/file/${fileId}/download`)).status).toBe(500)
  })
})

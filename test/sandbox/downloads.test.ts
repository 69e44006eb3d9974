import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, TestSandbox } from './client.js'

let server: TestSandbox
let modelId: string
let fileId: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModelWithCard()
  fileId = await server.upload(modelId, 'hello.txt', 'hello world', '&mime=text/plain')
  await server.createRelease(modelId, '1.0.0', { fileIds: [fileId] })
})
afterAll(() => server.close())

describe('a download', () => {
  test('gives the bytes as an attachment', async () => {
    const { status, text, headers } = await server.get(`/api/v2/model/${modelId}/file/${fileId}/download`)
    expect([status, text]).toEqual([200, 'hello world'])
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(headers.get('content-disposition')).toBe('attachment; filename=hello.txt')
    expect(headers.get('content-length')).toBe('11')
  })

  test.each([[`release/1.0.0/file/hello.txt`], [`release/v1.0.0/file/hello.txt`]])(
    'is possible by %s',
    async (path) => {
      const { status, text } = await server.get(`/api/v2/model/${modelId}/${path}/download`)
      expect([status, text]).toEqual([200, 'hello world'])
    },
  )

  test('is possible under /token', async () => {
    const keys = server.sandbox
    const byId = await server.get(`/api/v2/token/model/${modelId}/file/${fileId}/download`, { keys })
    expect(byId.text).toBe('hello world')
    const byName = await server.get(`/api/v2/token/model/${modelId}/release/1.0.0/file/hello.txt/download`, { keys })
    expect(byName.text).toBe('hello world')
  })

  test('by a name with slashes and percent signs finds the file', async () => {
    const name = '../a/100%25 ü.bin'
    const id = await server.upload(modelId, name, 'strange')
    await server.createRelease(modelId, '2.0.0', { fileIds: [id] })
    const path = `/api/v2/model/${modelId}/release/2.0.0/file/${encodeURIComponent(name)}/download`
    expect((await server.get(path)).text).toBe('strange')
  })

  test.each([
    ['bytes=0-4', 206, 'hello', 'bytes 0-4/11'],
    ['bytes=6-', 206, 'world', 'bytes 6-10/11'],
    ['bytes=-3', 206, 'rld', 'bytes 8-10/11'],
    ['bytes=10-1000', 206, 'd', 'bytes 10-10/11'],
    ['bytes=0-10', 206, 'hello world', 'bytes 0-10/11'],
    ['bytes=4-2', 200, 'hello world', null],
    ['bytes=0-1,4-5', 200, 'hello world', null],
    ['lines=1-2', 200, 'hello world', null],
  ])('of the range %s', async (range, status, text, contentRange) => {
    const answer = await server.get(`/api/v2/model/${modelId}/file/${fileId}/download`, { headers: { range } })
    expect([answer.status, answer.text]).toEqual([status, text])
    expect(answer.headers.get('content-range')).toBe(contentRange)
    expect(answer.headers.get('content-length')).toBe(String(text.length))
  })

  test.each(['bytes=11-', 'bytes=-0', 'bytes=500-600'])('of the range %s is refused', async (range) => {
    const answer = await server.get(`/api/v2/model/${modelId}/file/${fileId}/download`, { headers: { range } })
    expect(answer.status).toBe(416)
    expect(answer.headers.get('content-range')).toBe('bytes */11')
    expect(answer.body.error.context).toEqual({ fileId })
  })

  test('of what does not exist is 404', async () => {
    const unknown = '6b031c75d8790795c2c19093'
    const byId = await server.get(`/api/v2/model/${modelId}/file/${unknown}/download`)
    expect([byId.status, byId.body]).toEqual([
      404,
      bailoError('The requested file was not found.', { fileId: unknown }),
    ])
    expect((await server.get(`/api/v2/model/${modelId}/release/9.9.9/file/hello.txt/download`)).status).toBe(404)
    expect((await server.get(`/api/v2/model/${modelId}/release/1.0.0/file/other.txt/download`)).status).toBe(404)
  })

  test('needs the right to read files', async () => {
    const keys = await server.createToken(['model:read', 'release:read'])
    for (const path of [`file/${fileId}`, 'release/1.0.0/file/hello.txt']) {
      const { status, body } = await server.get(`/api/v2/model/${modelId}/${path}/download`, { keys })
      expect(status).toBe(403)
      const context = { userDn: 'user', fileId }
      expect(body).toEqual(bailoError('This token is missing the required action: file:read', context))
    }
  })

  test('with HEAD tells the size and sends nothing', async () => {
    const { status, text, headers } = await server.send('HEAD', `/api/v2/model/${modelId}/file/${fileId}/download`)
    expect([status, text, headers.get('content-length')]).toEqual([200, '', '11'])
  })
})

describe('discarded content', () => {
  test('reads as zeros of the right size', async () => {
    const discarding = await TestSandbox.start({ discard: true })
    const model = await discarding.createModel()
    const id = await discarding.upload(model, 'big', Buffer.alloc(300_000, 7))
    const answer = await fetch(`${discarding.sandbox.url}/api/v2/model/${model}/file/${id}/download`, {
      headers: { range: 'bytes=100-299999' },
    })
    expect(answer.status).toBe(206)
    const content = Buffer.from(await answer.arrayBuffer())
    expect(content.equals(Buffer.alloc(299_900))).toBe(true)
    await discarding.close()
  })
})

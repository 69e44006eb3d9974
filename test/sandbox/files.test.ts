import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, matching, SOME_ID, SOME_TEXT, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
let temporaryParent: string
beforeAll(async () => {
  temporaryParent = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))
  server = await TestSandbox.start({ temporaryParent })
})
afterAll(async () => {
  await server.close()
  await rm(temporaryParent, { recursive: true })
})

const simple = (modelId: string, query: string) => `/api/v2/model/${modelId}/files/upload/simple?${query}`

/** A stream makes fetch send chunks, without a Content-Length. */
async function* chunksOf(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += size) {
    await Promise.resolve()
    yield content.subarray(start, start + size)
  }
}

describe('a simple upload', () => {
  test('answers the file without scan results', async () => {
    const modelId = await server.createModel()
    const path = simple(modelId, 'name=hello.txt&mime=text/plain&tags=Foo&tags=bar')
    const { status, body } = await server.send('POST', path, 'hello world')
    expect(status).toBe(200)
    expect(body).toEqual({
      file: {
        modelId,
        name: 'hello.txt',
        mime: 'text/plain',
        path: matching(new RegExp(`^beta/model/${modelId}/files/[0-9a-f-]{36}$`)),
        tags: ['foo', 'bar'],
        complete: true,
        _id: body.file.id,
        deleted: false,
        deletedBy: '',
        deletedAt: '',
        size: 11,
        createdAt: SOME_TEXT,
        updatedAt: SOME_TEXT,
        __v: 0,
        id: SOME_ID,
      },
    })
    const { body: listed } = await server.get(`/api/v2/model/${modelId}/files`)
    expect(listed).toEqual({ files: [{ ...body.file, scanResults: [] }] })
  })

  test('takes one tag, and is of no particular type unless it says so', async () => {
    const modelId = await server.createModel()
    const { body } = await server.send('POST', simple(modelId, 'name=a&tags=One'), 'x')
    expect(body.file).toMatchObject({ tags: ['one'], mime: 'application/octet-stream' })
  })

  test.each(['../../etc/passwd', 'a b ü?.bin', '%2e%2e', 'L'.repeat(2004), ' '])('keeps the name %j', async (name) => {
    const modelId = await server.createModel()
    await server.upload(modelId, name, 'x')
    const { body } = await server.get(`/api/v2/model/${modelId}/files`)
    expect(body.files[0]?.name).toBe(name)
  })

  test('never uses a name as a path', async () => {
    const modelId = await server.createModel()
    await server.upload(modelId, '../escaped.txt', 'x')
    await server.upload(modelId, '/tmp/../escaped.txt', 'x')
    const entries = await readdir(temporaryParent, { recursive: true })
    expect(entries.filter((entry) => entry.includes('escaped'))).toEqual([])
    expect(await readdir(temporaryParent)).toHaveLength(1)
  })

  test('may repeat a name', async () => {
    const modelId = await server.createModel()
    const ids = [await server.upload(modelId, 'same', 'a'), await server.upload(modelId, 'same', 'b')]
    const { body } = await server.get(`/api/v2/model/${modelId}/files`)
    expect(body.files.map(({ id }) => id)).toEqual(ids)
  })

  test('keeps every byte, with and without a Content-Length', async () => {
    const modelId = await server.createModel()
    const content = randomBytes(3_000_001)
    const whole = await server.upload(modelId, 'whole', content)
    const chunked = await server.upload(modelId, 'chunked', ReadableStream.from(chunksOf(content, 70_000)))
    const digest = createHash('sha256').update(content).digest('hex')
    for (const id of [whole, chunked]) {
      const response = await fetch(`${server.sandbox.url}/api/v2/model/${modelId}/file/${id}/download`)
      const received = Buffer.from(await response.arrayBuffer())
      expect(createHash('sha256').update(received).digest('hex')).toBe(digest)
    }
  })

  test.each(['text/plain', 'a/b; c', 'application/jsonp'])('may say that it is %s', async (contentType) => {
    const modelId = await server.createModel()
    const headers = { 'content-type': contentType }
    const { status, body } = await server.send('POST', simple(modelId, 'name=f'), 'content', { headers })
    expect([status, body.file.size]).toEqual([200, 7])
  })

  test('of nothing is refused', async () => {
    const modelId = await server.createModel()
    const { status, body } = await server.send('POST', simple(modelId, 'name=empty.bin'), '')
    expect(status).toBe(400)
    expect(body.error.message).toBe('Could not upload empty.bin as it is an empty file.')
    expect((await server.get(`/api/v2/model/${modelId}/files`)).body).toEqual({ files: [] })
  })

  test.each([
    ['{"valid": "json"}', 400],
    ['[1, 2]', 400],
    ['not json at all', 500],
    ['"a text"', 500],
  ])('that claims to be JSON loses %j to the JSON parser', async (content, status) => {
    const modelId = await server.createModel()
    const headers = { 'content-type': 'application/json' }
    const answer = await server.send('POST', simple(modelId, 'name=j.json'), content, { headers })
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.body.error.message).toBe('Could not upload j.json as it is an empty file.')
    else expect(answer.body).toEqual(UNKNOWN_ERROR)
    expect((await server.get(`/api/v2/model/${modelId}/files`)).body).toEqual({ files: [] })
  })

  test('needs a name', async () => {
    const modelId = await server.createModel()
    const empty = await server.send('POST', simple(modelId, 'name='), 'x')
    expect([empty.status, empty.body]).toEqual([500, UNKNOWN_ERROR])
    const missing = await server.send('POST', simple(modelId, 'mime=a/b'), 'x')
    expect([missing.status, missing.body.error.message]).toEqual([400, 'Path: query.name - Message: Required'])
  })

  test('needs a model and the right to write', async () => {
    const unknown = await server.send('POST', simple('nope-abc', 'name=x'), 'x')
    expect(unknown.status).toBe(404)
    expect(unknown.body).toEqual(bailoError('The requested entry was not found.', { modelId: 'nope-abc' }))
    const modelId = await server.createModel()
    const keys = await server.createToken(['model:read', 'file:read'])
    const refused = await server.send('POST', simple(modelId, 'name=x'), 'x', { keys })
    expect(refused.status).toBe(403)
    const context = { userDn: 'user', fileId: SOME_ID }
    expect(refused.body).toEqual(bailoError('This token is missing the required action: file:write', context))
  })

  test('that breaks half-way leaves nothing behind', async () => {
    const modelId = await server.createModel()
    const blobCount = (await readdir(temporaryParent, { recursive: true })).length
    const { hostname, port } = new URL(server.sandbox.url)
    const socket = connect(Number(port), hostname)
    socket.write(`POST ${simple(modelId, 'name=broken')} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`)
    socket.write(Buffer.alloc(500_000))
    const isArriving = async () => (await readdir(temporaryParent, { recursive: true })).length > blobCount
    await expect.poll(isArriving).toBe(true)
    socket.destroy()
    await expect.poll(isArriving).toBe(false)
    expect((await server.get(`/api/v2/model/${modelId}/files`)).body).toEqual({ files: [] })
    expect(server.sandbox.requests.find(({ path }) => path.endsWith('name=broken'))?.status).toBe(0)
  })

  test('goes well many times at once', async () => {
    const modelId = await server.createModel()
    const content = randomBytes(200_000)
    await Promise.all(Array.from({ length: 64 }, (_, index) => server.upload(modelId, `f${index}`, content)))
    const { body } = await server.get(`/api/v2/model/${modelId}/files`)
    expect(new Set(body.files.map(({ name }) => name)).size).toBe(64)
    expect(body.files.every(({ size }) => size === 200_000)).toBe(true)
  })
})

describe('a file', () => {
  test('is renamed and given other tags', async () => {
    const modelId = await server.createModel()
    const id = await server.upload(modelId, 'old', 'xyz')
    const path = `/api/v2/model/${modelId}/file/${id}`
    const tagged = await server.patch(path, { tags: ['X'] })
    expect(tagged.body.file).toMatchObject({ name: 'old', tags: ['x'], size: 3, scanResults: [] })
    const renamed = await server.patch(path, { name: 'renamed.bin', mime: 'text/plain' })
    expect(renamed.body.file).toMatchObject({ id, name: 'renamed.bin', mime: 'text/plain', tags: ['x'] })
    expect((await server.get(`/api/v2/model/${modelId}/files`)).body.files).toEqual([renamed.body.file])
  })

  test('is deleted once', async () => {
    const modelId = await server.createModel()
    const fileId = await server.upload(modelId, 'f', 'x')
    const path = `/api/v2/model/${modelId}/file/${fileId}`
    const blobCount = (await readdir(temporaryParent, { recursive: true })).length
    expect((await server.delete(path)).body).toEqual({ message: 'Successfully removed file.' })
    expect((await readdir(temporaryParent, { recursive: true })).length).toBe(blobCount - 1)
    const again = await server.delete(path)
    expect(again.status).toBe(404)
    expect(again.body).toEqual(bailoError('The requested file was not found.', { fileId }))
  })

  test('of another model is not found', async () => {
    const [modelId, other] = [await server.createModel(), await server.createModel()]
    const fileId = await server.upload(modelId, 'f', 'x')
    expect((await server.delete(`/api/v2/model/${other}/file/${fileId}`)).status).toBe(404)
    expect((await server.get(`/api/v2/model/${modelId}/files`)).body.files).toHaveLength(1)
    const wrong = await server.delete(`/api/v2/model/wrong-model/file/${fileId}`)
    expect(wrong.body).toEqual(bailoError('The requested entry was not found.', { modelId: 'wrong-model' }))
  })

  test('with a malformed id is an unknown error', async () => {
    const modelId = await server.createModel()
    for (const path of [`/file/nonsense/download`, '/file/6b031c75d8790795c2c1909g/download']) {
      const { status, body } = await server.get(`/api/v2/model/${modelId}${path}`)
      expect([status, body]).toEqual([500, UNKNOWN_ERROR])
    }
  })

  test('is taken out of the releases that hold it', async () => {
    const modelId = await server.createModelWithCard()
    const [gone, kept] = [await server.upload(modelId, 'gone', 'x'), await server.upload(modelId, 'kept', 'x')]
    await server.createRelease(modelId, '1.0.0', { fileIds: [gone, kept] })
    await server.createRelease(modelId, '2.0.0', { fileIds: [kept] })
    await server.delete(`/api/v2/model/${modelId}/file/${gone}`)
    const { body } = await server.get(`/api/v2/model/${modelId}/release/1.0.0`)
    expect(body.release.fileIds).toEqual([kept])
    expect(body.release.files.map(({ id }) => id)).toEqual([kept])
    const { body: list } = await server.get(`/api/v2/model/${modelId}/releases`)
    expect(list.releases.map(({ semver }) => semver)).toEqual(['1.0.0', '2.0.0'])
  })
})

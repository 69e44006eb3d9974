import { readdir } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, startRegistry, type Answer, type TestRegistry } from './harness.js'

const REPOSITORY = 'model-abc123/img'

let registry: TestRegistry
let token: string

beforeAll(async () => {
  registry = await startRegistry()
})

beforeEach(async () => {
  token = await registry.token(`repository:${REPOSITORY}:pull,push,delete`, 'repository:other-def456/base:pull')
})

afterAll(() => registry.close())

async function startUpload(): Promise<Answer> {
  const answer = await registry.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`, { token })
  expect(answer.status).toBe(202)
  return answer
}

function patch(location: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  return registry.send('PATCH', location, { token, headers, body })
}

function finish(location: string, digest: string, body = ''): Promise<Answer> {
  return registry.send('PUT', `${location}&digest=${encodeURIComponent(digest)}`, { token, body })
}

async function read(digest: string): Promise<string> {
  return (await registry.send('GET', `/v2/${REPOSITORY}/blobs/${digest}`, { token })).body.toString()
}

function codeOf(answer: Answer): unknown {
  return (answer.json as { errors: { code: string }[] }).errors[0]?.code
}

describe('a blob upload', () => {
  it('starts with a relative location, a UUID and the range of nothing', async () => {
    const { headers, body } = await startUpload()
    const id = headers['docker-upload-uuid']!
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers['location']).toMatch(new RegExp(`^/v2/${REPOSITORY}/blobs/uploads/${id}\\?_state=[^&]+$`))
    expect(headers['range']).toBe('0-0')
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0')
    expect(body).toHaveLength(0)
  })

  it('takes everything in one PATCH and is closed by an empty PUT', async () => {
    const started = await startUpload()
    const sent = await patch(started.headers['location']!, 'hello')
    expect(sent.status).toBe(202)
    expect(sent.headers['range']).toBe('0-4')
    const created = await finish(sent.headers['location']!, digestOf('hello'))
    expect(created.status).toBe(201)
    expect(created.headers['location']).toBe(`/v2/${REPOSITORY}/blobs/${digestOf('hello')}`)
    expect(created.headers['docker-content-digest']).toBe(digestOf('hello'))
    expect(await read(digestOf('hello'))).toBe('hello')
  })

  it('takes everything in the PUT', async () => {
    const { headers } = await startUpload()
    expect((await finish(headers['location']!, digestOf('all at once'), 'all at once')).status).toBe(201)
    expect(await read(digestOf('all at once'))).toBe('all at once')
  })

  it('takes everything in the POST', async () => {
    const path = `/v2/${REPOSITORY}/blobs/uploads/?digest=${digestOf('monolithic')}`
    const answer = await registry.send('POST', path, { token, body: 'monolithic' })
    expect(answer.status).toBe(201)
    expect(answer.headers['location']).toBe(`/v2/${REPOSITORY}/blobs/${digestOf('monolithic')}`)
    expect(await read(digestOf('monolithic'))).toBe('monolithic')
  })

  it('takes chunks with ranges, the last of them in the PUT', async () => {
    let { headers } = await startUpload()
    headers = (await patch(headers['location']!, 'one,', { 'content-range': '0-3' })).headers
    expect(headers['range']).toBe('0-3')
    headers = (await patch(headers['location']!, 'two,', { 'content-range': '4-7' })).headers
    expect(headers['range']).toBe('0-7')
    expect((await finish(headers['location']!, digestOf('one,two,three'), 'three')).status).toBe(201)
    expect(await read(digestOf('one,two,three'))).toBe('one,two,three')
  })

  it('takes a body of unknown length', async () => {
    const { headers } = await startUpload()
    const body = Readable.from(['with', 'out length'].map((chunk) => Buffer.from(chunk)))
    const sent = await registry.send('PATCH', headers['location']!, { token, body })
    expect(sent.status).toBe(202)
    expect((await finish(sent.headers['location']!, digestOf('without length'))).status).toBe(201)
    expect(await read(digestOf('without length'))).toBe('without length')
  })

  it('takes an empty blob', async () => {
    const { headers } = await startUpload()
    expect((await finish(headers['location']!, digestOf(''))).status).toBe(201)
    const head = await registry.send('HEAD', `/v2/${REPOSITORY}/blobs/${digestOf('')}`, { token })
    expect(head.headers['content-length']).toBe('0')
  })

  it('gives a different location with each answer', async () => {
    const started = await startUpload()
    const first = started.headers['location']!
    const second = (await registry.send('GET', first, { token })).headers['location']!
    const third = (await patch(second, 'x')).headers['location']!
    expect(new Set([first, second, third]).size).toBe(3)
  })

  it('tells how far it is, also at an old location', async () => {
    const started = await startUpload()
    const first = started.headers['location']!
    await patch(first, 'hello')
    for (const method of ['GET', 'HEAD']) {
      const status = await registry.send(method, first, { token })
      expect(status.status).toBe(204)
      expect(status.headers['range']).toBe('0-4')
      expect(status.headers['docker-upload-uuid']).toBe(started.headers['docker-upload-uuid'])
      expect((await patch(status.headers['location']!, '', {})).headers['range']).toBe('0-4')
    }
  })

  it('refuses bytes for another place and says where to go on', async () => {
    let { headers } = await startUpload()
    headers = (await patch(headers['location']!, 'hello')).headers
    for (const range of ['0-4', '6-10', '4-8']) {
      const answer = await patch(headers['location']!, 'world', { 'content-range': range })
      expect(answer.status).toBe(416)
      expect(codeOf(answer)).toBe('RANGE_INVALID')
      expect(answer.headers['range']).toBe('0-4')
      headers = answer.headers
    }
    const sent = await patch(headers['location']!, 'world', { 'content-range': '5-9' })
    expect(sent.headers['range']).toBe('0-9')
  })

  it('refuses bytes at an old location', async () => {
    const first = (await startUpload()).headers['location']!
    const second = (await patch(first, 'hello')).headers['location']!
    const repeated = await patch(first, 'hello')
    expect(repeated.status).toBe(416)
    expect(repeated.headers['range']).toBe('0-4')
    const closed = await finish(first, digestOf('hello'))
    expect(closed.status).toBe(416)
    expect((await finish(second, digestOf('hello'))).status).toBe(201)
  })

  it('takes one of two chunks that come at the same time', async () => {
    const first = (await startUpload()).headers['location']!
    const answers = await Promise.all([patch(first, 'hello'), patch(first, 'hello')])
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 416])
    const accepted = answers.find(({ status }) => status === 202)!
    expect((await finish(accepted.headers['location']!, digestOf('hello'))).status).toBe(201)
  })

  it('is closed once, whoever else tries', async () => {
    const { headers } = await patch((await startUpload()).headers['location']!, 'hello')
    const closing = [1, 2].map(() => finish(headers['location']!, digestOf('hello')))
    const statuses = (await Promise.all(closing)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([201, 404])
  })

  it.each([['bytes 0-4/5'], ['4-0'], ['nonsense']])('refuses a Content-Range of "%s"', async (range) => {
    const { headers } = await startUpload()
    expect(codeOf(await patch(headers['location']!, 'hello', { 'content-range': range }))).toBe('RANGE_INVALID')
  })

  it('refuses a Content-Range of another length than the body', async () => {
    const { headers } = await startUpload()
    const answer = await patch(headers['location']!, 'hello', { 'content-range': '0-9' })
    expect(answer.status).toBe(400)
    expect(codeOf(answer)).toBe('SIZE_INVALID')
  })

  it('refuses a body that is called something else than bytes', async () => {
    const { headers } = await startUpload()
    const answer = await patch(headers['location']!, '{}', { 'content-type': 'application/json' })
    expect(answer.status).toBe(500)
    expect(codeOf(answer)).toBe('UNKNOWN')
  })

  it('ends with a wrong digest, and nothing stays', async () => {
    const filesBefore = await readdir(registry.directory)
    const { headers } = await startUpload()
    const sent = await patch(headers['location']!, 'hello')
    const answer = await finish(sent.headers['location']!, digestOf('something else'), '!')
    expect(answer.status).toBe(400)
    expect(codeOf(answer)).toBe('DIGEST_INVALID')
    expect((await registry.send('GET', headers['location']!, { token })).status).toBe(404)
    expect(await readdir(registry.directory)).toEqual(filesBefore)
  })

  it('goes on after a PUT without a digest, or with none that can be read', async () => {
    const { headers } = await startUpload()
    const location = headers['location']!
    const missing = await registry.send('PUT', location, { token, body: 'hello' })
    expect(missing).toMatchObject({
      status: 400,
      json: { errors: [{ code: 'DIGEST_INVALID', detail: 'digest missing' }] },
    })
    const odd = await finish(location, 'md5:abc')
    expect(odd).toMatchObject({ status: 400, json: { errors: [{ detail: 'digest parsing failed' }] } })
    expect((await finish(location, digestOf('hello'), 'hello')).status).toBe(201)
  })

  it('can be cancelled', async () => {
    const filesBefore = await readdir(registry.directory)
    const { headers } = await startUpload()
    const sent = await patch(headers['location']!, 'hello')
    expect((await registry.send('DELETE', sent.headers['location']!, { token })).status).toBe(204)
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const answer = await registry.send(method, sent.headers['location']!, { token })
      expect(answer.status).toBe(404)
    }
    expect(await readdir(registry.directory)).toEqual(filesBefore)
  })

  it('refuses a location that it did not give', async () => {
    const first = (await startUpload()).headers['location']!
    const other = (await startUpload()).headers['location']!
    const [path = '', state = ''] = first.split('?')
    const packed = Buffer.from(state.slice('_state='.length), 'base64url').toString('latin1')
    const changed = Buffer.from(packed.replace('"offsetBytes":0', '"offsetBytes":5'), 'latin1').toString('base64url')
    expect(changed).not.toBe(state.slice('_state='.length))
    for (const query of ['', '?_state=AAAA', `?_state=${changed}`, `?${other.split('?')[1]}`]) {
      const location = `${path}${query}`
      const answer = await patch(location, 'hello')
      expect(answer.status).toBe(404)
      expect(codeOf(answer)).toBe('BLOB_UPLOAD_INVALID')
    }
    const unknown = await patch(
      `/v2/${REPOSITORY}/blobs/uploads/00000000-0000-0000-0000-000000000000?${state}`,
      'hello',
    )
    expect(unknown.status).toBe(404)
    expect(codeOf(unknown)).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  it('belongs to its repository', async () => {
    const { headers } = await startUpload()
    const elsewhere = headers['location']!.replace(REPOSITORY, 'other-def456/base')
    const answer = await registry.send('PATCH', elsewhere, {
      token: await registry.pushToken('other-def456/base'),
      body: 'x',
    })
    expect(codeOf(answer)).toBe('BLOB_UPLOAD_UNKNOWN')
  })
})

describe('an upload that is closed', () => {
  it('lets nothing in that was waiting', async () => {
    const upload = registry.store.startUpload(REPOSITORY)
    const first = upload.exclusive(() => upload.cancel())
    const second = upload.exclusive(() => Promise.resolve('went through'))
    await first
    await expect(second).rejects.toMatchObject({ status: 404 })
  })
})

describe('an upload in one POST whose connection breaks', () => {
  it('leaves nothing, because nobody knows where to go on', async () => {
    const filesBefore = await readdir(registry.directory)
    const path = `/v2/${REPOSITORY}/blobs/uploads/?digest=${digestOf('never whole')}`
    const request = httpRequest(new URL(path, registry.origin), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-length': 3_000_000 },
    })
    request.once('error', () => undefined)
    await new Promise((resolve) => request.write(Buffer.alloc(2_000_000), resolve))
    const listFiles = async () => readdir(registry.directory)
    await expect.poll(listFiles).toHaveLength(filesBefore.length + 1)
    request.destroy()
    await expect.poll(listFiles).toEqual(filesBefore)
  })
})

describe('a chunk whose connection breaks', () => {
  /** Sends the head of a longer body, breaks the connection, and returns how far the upload is. */
  async function breakAfter(
    method: string,
    started: string,
    path: string,
    head: Buffer,
    hasLength: boolean,
  ): Promise<{ location: string; offset: number }> {
    const request = httpRequest(new URL(path, registry.origin), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(hasLength && { 'content-length': head.length + 1000 }) },
    })
    await new Promise((resolve) => request.write(head, resolve))
    const closed = new Promise((resolve) => request.once('error', () => undefined).once('close', resolve))
    request.destroy()
    await closed
    const { status, headers } = await registry.send('GET', started, { token })
    expect(status).toBe(204)
    return { location: headers['location']!, offset: Number(headers['range']?.slice('0-'.length)) + 1 }
  }

  it.each([
    ['with a length', true],
    ['without a length', false],
  ])('keeps what arrived, and can be continued: %s', async (_name, hasLength) => {
    const content = Buffer.from(`${hasLength}`.padEnd(3_000_000, 'abcdefg'))
    const started = (await startUpload()).headers['location']!
    const head = content.subarray(0, 2_000_000)
    const { location, offset } = await breakAfter('PATCH', started, started, head, hasLength)
    expect(offset).toBeGreaterThan(1_000_000)
    expect(offset).toBeLessThanOrEqual(head.length)
    const resumed = await registry.send('PATCH', location, {
      token,
      headers: { 'content-range': `${offset}-2999999` },
      body: content.subarray(offset),
    })
    expect(resumed.status).toBe(202)
    expect(resumed.headers['range']).toBe('0-2999999')
    expect((await finish(resumed.headers['location']!, digestOf(content))).status).toBe(201)
    expect(await read(digestOf(content))).toBe(content.toString())
  })

  it('keeps what arrived when it was the last one, in the PUT', async () => {
    const content = Buffer.from('put'.padEnd(3_000_000, 'abcdefg'))
    const started = (await startUpload()).headers['location']!
    const path = `${started}&digest=${digestOf(content)}`
    const { location, offset } = await breakAfter('PUT', started, path, content.subarray(0, 2_000_000), true)
    expect(offset).toBeGreaterThan(1_000_000)
    const closed = await finish(location, digestOf(content), content.subarray(offset).toString())
    expect(closed.status).toBe(201)
  })
})

describe('a mount', () => {
  const mount = (digest: string, from: string) =>
    registry.send('POST', `/v2/${REPOSITORY}/blobs/uploads/?mount=${digest}&from=${from}`, { token })

  it('takes a blob over from another repository without its bytes', async () => {
    const digest = await registry.pushBlob('other-def456/base', 'shared layer')
    const filesBefore = await readdir(registry.directory)
    expect((await registry.send('HEAD', `/v2/${REPOSITORY}/blobs/${digest}`, { token })).status).toBe(404)
    const answer = await mount(digest, 'other-def456/base')
    expect(answer.status).toBe(201)
    expect(answer.headers['location']).toBe(`/v2/${REPOSITORY}/blobs/${digest}`)
    expect(await read(digest)).toBe('shared layer')
    expect(await readdir(registry.directory)).toEqual(filesBefore)
  })

  it('starts an upload when there is nothing to mount', async () => {
    const answer = await mount(digestOf('nowhere'), 'other-def456/base')
    expect(answer.status).toBe(202)
    expect((await finish(answer.headers['location']!, digestOf('nowhere'), 'nowhere')).status).toBe(201)
  })

  it('is refused to who cannot read the other repository', async () => {
    const answer = await mount(digestOf('shared layer'), 'other-def456/secret')
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('repository:other-def456/secret:pull')
  })
})

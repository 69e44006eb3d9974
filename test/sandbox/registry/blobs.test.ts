import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf, startRegistry, type Answer, type TestRegistry } from './harness.js'

const REPOSITORY = 'model-abc123/img'
const CONTENT = '0123456789'

let registry: TestRegistry
let token: string

beforeAll(async () => {
  registry = await startRegistry()
  token = await registry.pushToken(REPOSITORY)
  await registry.pushBlob(REPOSITORY, CONTENT)
})

afterAll(() => registry.close())

function send(method: string, range?: string, digest = digestOf(CONTENT)): Promise<Answer> {
  const headers = range === undefined ? {} : { range }
  return registry.send(method, `/v2/${REPOSITORY}/blobs/${digest}`, { token, headers })
}

describe('a blob', () => {
  it('is given whole', async () => {
    const answer = await send('GET')
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toBe(CONTENT)
    expect(answer.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '10',
      'content-type': 'application/octet-stream',
      'docker-content-digest': digestOf(CONTENT),
    })
  })

  it('is described without its bytes', async () => {
    const answer = await send('HEAD')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-length']).toBe('10')
    expect(answer.headers['docker-content-digest']).toBe(digestOf(CONTENT))
    expect(answer.body).toHaveLength(0)
  })

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-100', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', CONTENT, 'bytes 0-9/10'],
  ])('is given in part: %s', async (range, body, contentRange) => {
    const answer = await send('GET', range)
    expect(answer.status).toBe(206)
    expect(answer.body.toString()).toBe(body)
    expect(answer.headers['content-range']).toBe(contentRange)
    expect(answer.headers['content-length']).toBe(String(body.length))
  })

  it.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('has no part %s', async (range) => {
    const answer = await send('GET', range)
    expect(answer.status).toBe(416)
    expect(answer.headers['content-range']).toBe('bytes */10')
  })

  it.each(['bytes=4-2', 'bytes=-', 'lines=1-2', 'bytes=0-1,3-4', 'nonsense'])(
    'is given whole for %s',
    async (range) => {
      const answer = await send('GET', range)
      expect(answer.status).toBe(200)
      expect(answer.body.toString()).toBe(CONTENT)
    },
  )

  it('is unknown where it was not pushed', async () => {
    const unknown = await send('GET', undefined, digestOf('unknown'))
    expect(unknown.status).toBe(404)
    expect(unknown.json).toEqual({
      errors: [{ code: 'BLOB_UNKNOWN', message: 'blob unknown to registry', detail: digestOf('unknown') }],
    })
    const elsewhere = await registry.send('HEAD', `/v2/other-def456/img/blobs/${digestOf(CONTENT)}`, {
      token: await registry.pushToken('other-def456/img'),
    })
    expect(elsewhere.status).toBe(404)
  })

  it('is found with its digest escaped', async () => {
    const answer = await send('HEAD', undefined, encodeURIComponent(digestOf(CONTENT)))
    expect(answer.status).toBe(200)
  })
})

describe('a path', () => {
  it.each([
    '/v2/model-abc123/img',
    '/v2/model-abc123/Img/tags/list',
    '/v2/model-abc123/img/tags',
    '/v2/model-abc123/img/blobs/sha256:abc',
    '/v2/model-abc123/img/referrers/x',
    '/v2//tags/list',
  ])('that stands for nothing is not found: %s', async (path) => {
    const answer = await registry.send('GET', path, { token })
    expect(answer.status).toBe(404)
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.body.toString()).toBe('404 page not found\n')
  })

  it('may name a repository after parts of the API', async () => {
    const repository = 'model-abc123/blobs/uploads/manifests/tags'
    const digest = await registry.pushBlob(repository, 'odd')
    const answer = await registry.send('GET', `/v2/${repository}/blobs/${digest}`, {
      token: await registry.pushToken(repository),
    })
    expect(answer.body.toString()).toBe('odd')
  })

  it('is refused with a repository of more than 255 characters', async () => {
    const answer = await registry.send('GET', `/v2/model-abc123/${'a'.repeat(300)}/tags/list`, { token })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ errors: [{ code: 'NAME_INVALID' }] })
  })

  it.each([
    ['POST', `/v2/${REPOSITORY}/blobs/${digestOf(CONTENT)}`],
    ['POST', `/v2/${REPOSITORY}/tags/list`],
    ['POST', `/v2/${REPOSITORY}/manifests/v1`],
    ['GET', `/v2/${REPOSITORY}/blobs/uploads/`],
  ])('takes its own methods only: %s %s', async (method, path) => {
    const answer = await registry.send(method, path, { token })
    expect(answer.status).toBe(405)
    expect(answer.json).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] })
  })
})

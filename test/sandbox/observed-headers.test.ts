import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, TestSandbox } from './client.js'

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

let server: TestSandbox
let modelId: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModel()
})
afterAll(() => server.close())

describe('the registry', () => {
  let headers: Record<string, string>
  beforeAll(async () => {
    const scope = `repository:${modelId}/img:pull,push,delete`
    const { status, text } = await server.get(`/api/v1/registry_auth?service=RegistryAuth&scope=${scope}`, {
      headers: { authorization: basic(server.sandbox) },
    })
    expect(status).toBe(200)
    headers = { authorization: `Bearer ${(JSON.parse(text) as { token: string }).token}` }
  })

  test('names its version in every answer, and no type where there is no body', async () => {
    const digest = `sha256:${createHash('sha256').update('{}').digest('hex')}`
    const config = { mediaType: 'application/vnd.docker.container.image.v1+json', size: 2, digest }
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] })
    const typed = { ...headers, 'content-type': MANIFEST }
    const path = `/v2/${modelId}/img`
    const begun = await server.send('POST', `${path}/blobs/uploads/`, undefined, { headers })
    const target = `${begun.headers.get('location')}&digest=${digest}`
    const answers = [
      begun,
      await server.send('PUT', target, '{}', { headers }),
      await server.send('PUT', `${path}/manifests/v1`, manifest, { headers: typed }),
      await server.send('DELETE', `${path}/manifests/v1`, undefined, { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([202, 201, 201, 202])
    for (const answer of answers) {
      expect(answer.text).toBe('')
      expect(answer.headers.get('content-type')).toBeNull()
      expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
    }
  })

  test.each(['tags/list', 'manifests/nope'])('says that %s is JSON', async (rest) => {
    await server.pushImage(modelId, 'other', 'v1', 'x')
    const answer = await server.get(`/v2/${modelId}/other/${rest}`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })
})

describe('a download', () => {
  test.each([
    ['plain.txt', 'attachment; filename=plain.txt'],
    ['ö ô.bin', `attachment; filename="? ?.bin"; filename*=UTF-8''%C3%B6%20%C3%B4.bin`],
  ])('of %s says how it is to be called', async (name, disposition) => {
    const fileId = await server.upload(modelId, name, 'x')
    const { headers } = await server.get(`/api/v2/model/${modelId}/file/${fileId}/download`)
    expect(headers.get('content-disposition')).toBe(disposition)
    expect(headers.get('content-type')).toBe('application/octet-stream')
  })
})

describe('a page', () => {
  test('is the one of the web framework for what it does not serve', async () => {
    const { text } = await server.send('PUT', '/api/v2/models')
    expect(text.split('\n')).toEqual([
      '<!DOCTYPE html>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      '<title>Error</title>',
      '</head>',
      '<body>',
      '<pre>Cannot PUT /api/v2/models</pre>',
      '</body>',
      '</html>',
      '',
    ])
  })

  test('is the one of the proxy for what it refuses', async () => {
    const { text } = await server.get(`/api/v2/models/search?search=${'L'.repeat(9000)}`)
    expect(text.split('\r\n')).toEqual([
      '<html>',
      '<head><title>414 Request-URI Too Large</title></head>',
      '<body>',
      '<center><h1>414 Request-URI Too Large</h1></center>',
      '<hr><center>nginx</center>',
      '</body>',
      '</html>',
      '',
    ])
  })
})

test('an answer of the API is JSON in UTF-8, also when it refuses', async () => {
  for (const path of ['/api/v2/system/status', '/api/v2/model/unknown', '/api/v2/models/search?kind=none']) {
    const { headers } = await server.get(path)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  }
})

import { afterEach, beforeEach, describe as suite, expect, it } from 'vitest'
import {
  describe,
  digestOf,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  imageManifest,
  OCI_INDEX,
  OCI_MANIFEST,
  startRegistry,
  type Answer,
  type TestRegistry,
} from './harness.js'

const REPOSITORY = 'model-abc123/img'

let registry: TestRegistry
let token: string

beforeEach(async () => {
  registry = await startRegistry()
  token = await registry.token(`repository:${REPOSITORY}:pull,push,delete`)
})

afterEach(() => registry.close())

function put(reference: string, mediaType: string, body: string): Promise<Answer> {
  const headers = { 'content-type': mediaType }
  return registry.send('PUT', `/v2/${REPOSITORY}/manifests/${reference}`, { token, headers, body })
}

function get(reference: string, accept = `${OCI_MANIFEST}, ${OCI_INDEX}`, method = 'GET'): Promise<Answer> {
  return registry.send(method, `/v2/${REPOSITORY}/manifests/${reference}`, { token, headers: { accept } })
}

function del(reference: string): Promise<Answer> {
  return registry.send('DELETE', `/v2/${REPOSITORY}/manifests/${reference}`, { token })
}

/** Pushes the blobs and returns the manifest, which is not pushed. */
async function prepare(mediaType: string, config = '{}', layers = ['layer one', 'layer two']): Promise<string> {
  for (const blob of [config, ...layers]) await registry.pushBlob(REPOSITORY, blob)
  return imageManifest(mediaType, config, layers)
}

function indexOf(mediaType: string, manifests: readonly string[]): string {
  const entries = manifests.map((manifest) => describe(OCI_MANIFEST, manifest))
  return JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries })
}

suite('a manifest', () => {
  it.each([DOCKER_MANIFEST, OCI_MANIFEST])('is given as it came, by tag and by digest: %s', async (mediaType) => {
    const manifest = await prepare(mediaType)
    const created = await put('v1', mediaType, manifest)
    expect(created.status).toBe(201)
    expect(created.headers['location']).toBe(`/v2/${REPOSITORY}/manifests/${digestOf(manifest)}`)
    expect(created.headers['docker-content-digest']).toBe(digestOf(manifest))
    for (const reference of ['v1', digestOf(manifest)]) {
      const answer = await get(reference)
      expect(answer.status).toBe(200)
      expect(answer.body.toString()).toBe(manifest)
      expect(answer.headers['content-type']).toBe(mediaType)
      expect(answer.headers['docker-content-digest']).toBe(digestOf(manifest))
      const head = await get(reference, undefined, 'HEAD')
      expect(head.status).toBe(200)
      expect(head.headers['content-length']).toBe(String(manifest.length))
      expect(head.body).toHaveLength(0)
    }
  })

  it.each([DOCKER_LIST, OCI_INDEX])('may list other manifests: %s', async (mediaType) => {
    const images = [await prepare(OCI_MANIFEST), await prepare(OCI_MANIFEST, '{"os":"linux"}', ['third'])]
    const index = indexOf(mediaType, images)
    const early = await put('all', mediaType, index)
    expect(early.status).toBe(400)
    expect(early.json).toMatchObject({
      errors: images.map((image) => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: digestOf(image) })),
    })
    for (const image of images) expect((await put(digestOf(image), OCI_MANIFEST, image)).status).toBe(201)
    expect((await put('all', mediaType, index)).status).toBe(201)
    expect((await get('all')).body.toString()).toBe(index)
    expect(registry.store.describeImage('model-abc123', 'img', 'all')).toEqual({
      digest: digestOf(index),
      sizeBytes: '{}layer onelayer two{"os":"linux"}third'.length,
    })
  })

  it('pushed by digest has no tag', async () => {
    const manifest = await prepare(OCI_MANIFEST)
    await put(digestOf(manifest), OCI_MANIFEST, manifest)
    expect((await get(digestOf(manifest))).status).toBe(200)
    expect(registry.store.listImages('model-abc123')).toEqual([])
  })

  it('is refused under another digest', async () => {
    const manifest = await prepare(OCI_MANIFEST)
    const answer = await put(digestOf('other'), OCI_MANIFEST, manifest)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] })
  })

  it('is refused while its blobs are missing, and each one is named', async () => {
    await registry.pushBlob(REPOSITORY, 'layer one')
    await registry.pushBlob('model-abc123/elsewhere', 'layer two')
    const answer = await put('v1', OCI_MANIFEST, imageManifest(OCI_MANIFEST, '{}', ['layer one', 'layer two']))
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({
      errors: ['{}', 'layer two'].map((missing) => ({
        code: 'MANIFEST_BLOB_UNKNOWN',
        message: 'blob unknown to registry',
        detail: digestOf(missing),
      })),
    })
    expect((await get('v1')).status).toBe(404)
  })

  it('needs no layer that has its own address', async () => {
    await registry.pushBlob(REPOSITORY, '{}')
    const layer = { ...describe('application/vnd.oci.image.layer.v1.tar', 'far away'), urls: ['http://example.com/x'] }
    const manifest = { ...(JSON.parse(imageManifest(OCI_MANIFEST, '{}', [])) as object), layers: [layer] }
    expect((await put('v1', OCI_MANIFEST, JSON.stringify(manifest))).status).toBe(201)
  })

  it.each([
    ['no JSON', OCI_MANIFEST, '{'],
    ['no object', OCI_MANIFEST, '[]'],
    ['another schema version', OCI_MANIFEST, '{"schemaVersion":1}'],
    ['another media type inside', OCI_MANIFEST, imageManifest(DOCKER_MANIFEST, '{}', [])],
    [
      'no media type in a Docker manifest',
      DOCKER_MANIFEST,
      imageManifest(DOCKER_MANIFEST, '{}', []).replace('mediaType', 'x'),
    ],
    ['an unknown type', 'application/json', '{"schemaVersion":2,"mediaType":"application/json"}'],
    ['no config', OCI_MANIFEST, '{"schemaVersion":2,"layers":[]}'],
    ['no layers', OCI_MANIFEST, imageManifest(OCI_MANIFEST, '{}', []).replace('layers', 'other')],
    ['a bad digest', OCI_MANIFEST, imageManifest(OCI_MANIFEST, '{}', []).replace('sha256:', 'sha256:x')],
    ['a bad size', OCI_MANIFEST, imageManifest(OCI_MANIFEST, '{}', []).replace('"size":2', '"size":-2')],
    ['too many bytes', OCI_MANIFEST, `${imageManifest(OCI_MANIFEST, '{}', [])}${' '.repeat(4 * 1024 * 1024)}`],
  ])('is refused with %s', async (_name, mediaType, body) => {
    await registry.pushBlob(REPOSITORY, '{}')
    const answer = await put('v1', mediaType, body)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ errors: [{ code: 'MANIFEST_INVALID' }] })
    expect((await get('v1')).status).toBe(404)
  })

  it('of an OCI type goes only to those who name the type', async () => {
    const manifest = await prepare(OCI_MANIFEST)
    await put('v1', OCI_MANIFEST, manifest)
    for (const accept of ['*/*', DOCKER_MANIFEST]) {
      const answer = await get('v1', accept)
      expect(answer.status).toBe(404)
      expect(answer.json).toMatchObject({
        errors: [{ message: 'OCI manifest found, but accept header does not support OCI manifests' }],
      })
    }
    expect((await get('v1', `${DOCKER_MANIFEST};q=0.5, ${OCI_MANIFEST};q=0.9`)).status).toBe(200)
  })

  it('is unknown by tag and by digest', async () => {
    const byTag = await get('nope')
    expect(byTag.status).toBe(404)
    expect(byTag.json).toEqual({
      errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown', detail: { Tag: 'nope' } }],
    })
    const byDigest = await get(digestOf('nope'))
    expect(byDigest.json).toMatchObject({ errors: [{ detail: { Name: REPOSITORY, Revision: digestOf('nope') } }] })
  })
})

suite('deleting', () => {
  it('a tag keeps the manifest', async () => {
    const digest = await registry.pushImage(REPOSITORY, 'v1', ['layer'])
    expect((await del('v1')).status).toBe(202)
    expect((await get('v1')).status).toBe(404)
    expect((await get(digest)).status).toBe(200)
    expect((await del('v1')).status).toBe(404)
  })

  it('a manifest takes its tags with it', async () => {
    const digest = await registry.pushImage(REPOSITORY, 'v1', ['layer'])
    await registry.pushImage(REPOSITORY, 'latest', ['layer'])
    await registry.pushImage(REPOSITORY, 'v2', ['another layer'])
    expect((await del(digest)).status).toBe(202)
    expect((await get(digest)).status).toBe(404)
    expect(registry.store.listTags(REPOSITORY)).toEqual(['v2'])
    expect((await del(digest)).status).toBe(404)
  })
})

suite('listing tags', () => {
  const list = (query = '') => registry.send('GET', `/v2/${REPOSITORY}/tags/list${query}`, { token })

  it('sorts them', async () => {
    for (const tag of ['v2', 'v10', 'V1', 'latest']) await registry.pushImage(REPOSITORY, tag, ['layer'])
    expect((await list()).json).toEqual({ name: REPOSITORY, tags: ['V1', 'latest', 'v10', 'v2'] })
  })

  it('walks through them', async () => {
    for (const tag of ['a', 'b', 'c']) await registry.pushImage(REPOSITORY, tag, ['layer'])
    const first = await list('?n=2')
    expect(first.json).toEqual({ name: REPOSITORY, tags: ['a', 'b'] })
    expect(first.headers['link']).toBe(`</v2/${REPOSITORY}/tags/list?n=2&last=b>; rel="next"`)
    const second = await list('?n=2&last=b')
    expect(second.json).toEqual({ name: REPOSITORY, tags: ['c'] })
    expect(second.headers).not.toHaveProperty('link')
    expect((await list('?n=-1')).status).toBe(400)
  })

  it('knows no repository without any', async () => {
    const unknown = await list()
    expect(unknown.status).toBe(404)
    expect(unknown.json).toEqual({
      errors: [
        { code: 'NAME_UNKNOWN', message: 'repository name not known to registry', detail: { name: REPOSITORY } },
      ],
    })
    await registry.pushImage(REPOSITORY, 'v1', ['layer'])
    await del('v1')
    expect((await list()).status).toBe(404)
  })
})

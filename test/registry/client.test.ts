import { describe, expect, it } from 'vitest'
import { createManifest } from '../../src/lib/registry/image/manifest.js'
import { OCI_MANIFEST } from '../sandbox/registry/harness.js'
import { sha256 } from '../support/bytes.js'
import { failureOf } from '../support/client.js'
import { startSandboxRegistry } from '../support/sandbox-registry.js'
import { startScriptedRegistry } from '../support/scripted-registry.js'
import { json, startServer, type Reply } from '../support/scripted-server.js'

const REPOSITORY = 'model-abc123/img'
const DIGEST = sha256('blob')

describe('a manifest', () => {
  const bytes = '{"schemaVersion":2}'
  const manifest = (headers: Record<string, string> = {}, body: string | Buffer = bytes): Reply => ({
    headers: { 'content-type': OCI_MANIFEST, ...headers },
    body,
  })

  it('is read by tag or digest, in any form that can be read', async () => {
    const digest = sha256(bytes)
    const registry = await startScriptedRegistry([manifest({ 'docker-content-digest': digest }), manifest()])
    const answer = { bytes: Buffer.from(bytes), contentType: OCI_MANIFEST, digest }
    expect(await registry.client.getManifest('m/group/img', '1.0')).toEqual(answer)
    expect(await registry.client.getManifest('m/group/img', digest)).toEqual(answer)
    expect(registry.lines.map(decodeURIComponent)).toEqual([
      'GET /v2/m/group/img/manifests/1.0',
      `GET /v2/m/group/img/manifests/${digest}`,
    ])
    expect(registry.requests[0]?.headers.accept?.split(', ').toSorted()).toEqual([
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
    ])
  })

  it.each([
    ['that was asked for', sha256('other'), {}],
    ['that the registry names', '1.0', { 'docker-content-digest': sha256('other') }],
  ])('is refused when its bytes do not have the digest %s', async (_case, reference, headers) => {
    const registry = await startScriptedRegistry([manifest(headers)])
    const error = await failureOf(registry.client.getManifest('m/img', reference))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((error as Error).message).toContain(`has the digest ${sha256(bytes)}, not ${sha256('other')}`)
    expect(registry.requests).toHaveLength(1)
  })

  it('is taken up to 4 MiB, and refused beyond', async () => {
    const limit = 4 * 2 ** 20
    const registry = await startScriptedRegistry([
      manifest({}, Buffer.alloc(limit, ' ')),
      manifest({}, Buffer.alloc(limit + 1, ' ')),
    ])
    expect((await registry.client.getManifest('m/img', '1')).bytes.length).toBe(limit)
    const error = await failureOf(registry.client.getManifest('m/img', '2'))
    expect((error as Error).message).toContain('the manifest is larger than 4194304 bytes')
  })

  it('is read again when it breaks off', async () => {
    const registry = await startScriptedRegistry([{ ...(manifest() as object), cutAfterBytes: 5 }, manifest()])
    expect((await registry.client.getManifest('m/img', '1')).bytes).toEqual(Buffer.from(bytes))
  })

  it('that is not there is told in the words of the registry', async () => {
    const { client } = await startSandboxRegistry()
    expect(await failureOf(client.getManifest(REPOSITORY, 'absent'))).toMatchObject({
      status: 404,
      message: expect.stringMatching(
        /^GET \/v2\/<name>\/manifests\/<reference> answered 404: MANIFEST_UNKNOWN: /,
      ) as string,
    })
  })

  it('comes back as it was stored, by its tag and by its digest', async () => {
    const { client } = await startSandboxRegistry()
    const config = Buffer.from('{}')
    const digest = await client.pushBytes(REPOSITORY, config)
    const stored = createManifest({ config: { digest, size: config.length }, layers: [] })
    await client.putManifest(REPOSITORY, 'a.tag', stored)
    expect(await client.getManifest(REPOSITORY, 'a.tag')).toEqual({
      bytes: stored.bytes,
      contentType: stored.mediaType,
      digest: stored.digest,
    })
    expect((await client.getManifest(REPOSITORY, stored.digest)).bytes).toEqual(stored.bytes)
    expect(await client.listTags(REPOSITORY)).toEqual(['a.tag'])
  })

  it('is stored again when the answer is lost', async () => {
    const encoded = createManifest({ config: { digest: DIGEST, size: 4 }, layers: [] })
    const registry = await startScriptedRegistry(['reset', { status: 201 }])
    await registry.client.putManifest('m/img', '1', encoded)
    expect(registry.lines).toEqual(Array(2).fill('PUT /v2/m/img/manifests/1'))
    expect(registry.requests[1]?.headers['content-type']).toBe(encoded.mediaType)
    expect(sha256(registry.requests[1]?.body ?? '')).toBe(encoded.digest)
  })

  it('must be stored under its own digest', async () => {
    const encoded = createManifest({ config: { digest: DIGEST, size: 4 }, layers: [] })
    const other = { status: 201, headers: { 'docker-content-digest': sha256('other') } }
    const registry = await startScriptedRegistry([other])
    const error = await failureOf(registry.client.putManifest('m/img', '1', encoded))
    expect((error as Error).message).toContain(`the registry stored ${sha256('other')}, not ${encoded.digest}`)
  })
})

describe('tags', () => {
  it('are listed', async () => {
    const registry = await startScriptedRegistry([json({ name: 'm/img', tags: ['b', 'a'] })])
    expect(await registry.client.listTags('m/img')).toEqual(['b', 'a'])
    expect(registry.lines).toEqual(['GET /v2/m/img/tags/list'])
  })

  it('may be none', async () => {
    const registry = await startScriptedRegistry([json({ name: 'm/img', tags: null })])
    expect(await registry.client.listTags('m/img')).toEqual([])
  })

  it.each([
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['broken JSON', { body: '{"tags":["a"' }],
    ['no texts', json({ tags: [1] })],
    ['no list', json({ tags: 'a' })],
  ])('are not made out of %s', async (_case, reply) => {
    const registry = await startScriptedRegistry([reply])
    const error = await failureOf(registry.client.listTags('m/img'))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect(registry.requests).toHaveLength(1)
  })
})

describe('a blob', () => {
  it.each([
    [{ headers: { 'content-length': '12345678901' } }, 12_345_678_901],
    [{ status: 404 }, undefined],
  ])('is found with its size or not at all (%j)', async (reply, size) => {
    const registry = await startScriptedRegistry([reply])
    expect(await registry.client.findBlob('m/img', DIGEST)).toBe(size)
    expect(registry.lines.map(decodeURIComponent)).toEqual([`HEAD /v2/m/img/blobs/${DIGEST}`])
  })

  it('is not looked for in vain when the registry fails', async () => {
    const registry = await startScriptedRegistry([{ status: 500 }])
    expect(await failureOf(registry.client.findBlob('m/img', DIGEST))).toMatchObject({ status: 500 })
  })

  it('in memory is sent once', async () => {
    const { client, proxy } = await startSandboxRegistry()
    const methods = (): unknown[] =>
      proxy.lines.filter((line) => line.includes(REPOSITORY)).map((line) => line.split(' ')[0])
    expect(await client.pushBytes(REPOSITORY, Buffer.from('blob'))).toBe(DIGEST)
    expect(methods()).toEqual(['HEAD', 'POST', 'PATCH', 'PUT'])
    expect(await client.pushBytes(REPOSITORY, Buffer.from('blob'))).toBe(DIGEST)
    expect(methods()).toEqual(['HEAD', 'POST', 'PATCH', 'PUT', 'HEAD'])
    expect(await client.findBlob(REPOSITORY, DIGEST)).toBe(4)
  })
})

describe('mounting a blob', () => {
  it('makes it available without sending it', async () => {
    const { client } = await startSandboxRegistry()
    await client.pushBytes(REPOSITORY, Buffer.from('blob'))
    expect(await client.findBlob('other-def456/copy', DIGEST)).toBeUndefined()
    expect(await client.mountBlob('other-def456/copy', DIGEST, REPOSITORY)).toBe(true)
    expect(await client.findBlob('other-def456/copy', DIGEST)).toBe(4)
  })

  it('asks for a token for both repositories', async () => {
    const registry = await startScriptedRegistry([{ status: 201 }])
    expect(await registry.client.mountBlob('m/to', DIGEST, 'm/from')).toBe(true)
    const query = new URL(registry.requests[0]?.url ?? '', 'http://a').searchParams
    expect(Object.fromEntries(query)).toEqual({ mount: DIGEST, from: 'm/from' })
  })

  it('says so when the registry did not, and gives up the upload that it began instead', async () => {
    const { client, proxy } = await startSandboxRegistry()
    expect(await client.mountBlob('other-def456/copy', DIGEST, REPOSITORY)).toBe(false)
    const [start, cancel] = proxy.lines.filter((line) => line.includes('other-def456'))
    expect(start).toBe('POST /v2/other-def456/copy/blobs/uploads/')
    expect(cancel).toMatch(/^DELETE \/v2\/other-def456\/copy\/blobs\/uploads\/[\w-]+$/)
  })

  it('leaves it at that when there is no upload to give up', async () => {
    const registry = await startScriptedRegistry([{ status: 202 }])
    expect(await registry.client.mountBlob('m/to', DIGEST, 'm/from')).toBe(false)
    expect(registry.requests).toHaveLength(1)
  })

  it('does not give up an upload on another origin', async () => {
    const other = await startServer(() => ({ status: 204 }))
    const headers = { location: `${other.origin}/v2/m/to/blobs/uploads/x` }
    const registry = await startScriptedRegistry([{ status: 202, headers }])
    expect(await registry.client.mountBlob('m/to', DIGEST, 'm/from')).toBe(false)
    expect(other.requests).toEqual([])
    expect(registry.requests).toHaveLength(1)
  })
})

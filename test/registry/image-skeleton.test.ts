import { describe, expect, it } from 'vitest'
import { createIndex, createManifest, type EncodedManifest } from '../../src/lib/registry/image/manifest.js'
import { ManifestError } from '../../src/lib/registry/image/parse-manifest.js'
import {
  compareSkeletons,
  describePlatform,
  readImageSkeleton,
  type ImageSkeleton,
  type PlatformImage,
} from '../../src/lib/registry/image-skeleton.js'
import { DOCKER_LIST, DOCKER_MANIFEST } from '../sandbox/registry/harness.js'
import { sha256 } from '../support/bytes.js'
import { failureOf } from '../support/client.js'
import { startSandboxRegistry } from '../support/sandbox-registry.js'
import { startScriptedRegistry } from '../support/scripted-registry.js'
import { type Reply } from '../support/scripted-server.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM64 = { os: 'linux', architecture: 'arm64', variant: 'v8' }

const layer = (name: string, size: number) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: sha256(name),
  size,
})
const image = (...sizes: number[]): EncodedManifest =>
  createManifest({
    config: { digest: sha256('config'), size: 6 },
    layers: sizes.map((size) => layer(`layer of ${size}`, size)),
  })
const reply = ({ bytes, mediaType }: EncodedManifest): Reply => ({
  headers: { 'content-type': mediaType },
  body: Buffer.from(bytes),
})
const entry = ({ mediaType, digest, sizeBytes }: EncodedManifest, platform?: PlatformImage['platform']) => ({
  mediaType,
  digest,
  size: sizeBytes,
  ...(platform && { platform }),
})
const layers = (...sizes: number[]) =>
  sizes.map((sizeBytes) => ({ digest: sha256(`layer of ${sizeBytes}`), sizeBytes }))

describe('reading', () => {
  it('takes sizes and order of the layers of a single image', async () => {
    const registry = await startScriptedRegistry([reply(image(300, 100, 200))])
    expect(await readImageSkeleton(registry.client, 'm/img', '1')).toMatchObject({
      isIndex: false,
      images: [{ layers: layers(300, 100, 200) }],
      leftOut: [],
    })
    expect(registry.lines).toEqual(['GET /v2/m/img/manifests/1'])
  })

  it('takes the images of an index with their platforms', async () => {
    const [first, second, third] = [image(1), image(2, 3), image(4)] as const
    const index = createIndex({ manifests: [entry(first, AMD64), entry(second, ARM64), entry(third)] })
    const registry = await startScriptedRegistry([index, first, second, third].map(reply))
    expect(await readImageSkeleton(registry.client, 'm/img', '1')).toMatchObject({
      isIndex: true,
      images: [
        { platform: AMD64, layers: layers(1) },
        { platform: ARM64, layers: layers(2, 3) },
        { layers: layers(4) },
      ],
      leftOut: [],
    })
    expect(registry.lines.slice(1).map(decodeURIComponent)).toEqual(
      [first, second, third].map(({ digest }) => `GET /v2/m/img/manifests/${digest}`),
    )
  })

  it('leaves attestations out without reading them, and says which', async () => {
    const first = image(1)
    const attestation = entry(image(2), { os: 'unknown', architecture: 'unknown' })
    const index = createIndex({ manifests: [entry(first, AMD64), attestation] })
    const registry = await startScriptedRegistry([index, first].map(reply))
    expect(await readImageSkeleton(registry.client, 'm/img', '1')).toMatchObject({
      isIndex: true,
      images: [{ platform: AMD64, layers: layers(1) }],
      leftOut: [`attestation ${attestation.digest}`],
    })
    expect(registry.requests).toHaveLength(2)
  })

  it('refuses an index within an index', async () => {
    const inner = createIndex({ manifests: [] })
    const outer = createIndex({ manifests: [entry(inner, AMD64)] })
    const registry = await startScriptedRegistry([outer, inner].map(reply))
    const error = await failureOf(readImageSkeleton(registry.client, 'm/img', '1'))
    expect(error).toBeInstanceOf(ManifestError)
    expect((error as Error).message).toContain(`${inner.digest} is an index within an index`)
  })

  it('refuses what is no manifest', async () => {
    const page = { headers: { 'content-type': 'text/html' }, body: '<html>' }
    const registry = await startScriptedRegistry([page])
    expect(await failureOf(readImageSkeleton(registry.client, 'm/img', '1'))).toBeInstanceOf(ManifestError)
  })

  it('refuses a manifest of an index that is not the one named', async () => {
    const index = createIndex({ manifests: [entry(image(1), AMD64)] })
    const registry = await startScriptedRegistry([index, image(2)].map(reply))
    const error = await failureOf(readImageSkeleton(registry.client, 'm/img', '1'))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
  })

  it('takes images in the form of Docker', async () => {
    const { registry, client } = await startSandboxRegistry()
    const repository = 'model-abc123/img'
    const [config, content] = ['{}', 'layer']
    for (const blob of [config, content]) await registry.pushBlob(repository, blob)
    const put = async (reference: string, mediaType: string, document: object): Promise<string> => {
      const body = JSON.stringify({ schemaVersion: 2, mediaType, ...document })
      const token = await registry.pushToken(repository)
      const path = `/v2/${repository}/manifests/${reference === '' ? sha256(body) : reference}`
      const answer = await registry.send('PUT', path, { token, headers: { 'content-type': mediaType }, body })
      expect(answer.status).toBe(201)
      return body
    }
    const manifest = await put('', DOCKER_MANIFEST, {
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: sha256(config), size: 2 },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: sha256(content), size: 5 }],
    })
    const descriptor = { mediaType: DOCKER_MANIFEST, digest: sha256(manifest), size: manifest.length, platform: AMD64 }
    await put('1', DOCKER_LIST, { manifests: [descriptor] })
    expect(await readImageSkeleton(client, repository, '1')).toMatchObject({
      isIndex: true,
      images: [{ platform: AMD64, layers: [{ digest: sha256(content), sizeBytes: 5 }] }],
      leftOut: [],
    })
  })
})

describe('comparing', () => {
  const single = (...sizes: number[]): ImageSkeleton => ({
    isIndex: false,
    images: [{ layers: layers(...sizes) }],
    leftOut: [],
  })
  const index = (...images: PlatformImage[]): ImageSkeleton => ({ isIndex: true, images, leftOut: [] })

  it('finds nothing in a copy with other contents of the same sizes', () => {
    const other = { isIndex: false, images: [{ layers: [{ digest: sha256('x'), sizeBytes: 1 }] }], leftOut: ['x'] }
    expect(compareSkeletons(single(1), other)).toEqual([])
    const both = index({ platform: AMD64, layers: layers(1) }, { platform: ARM64, layers: layers(2) })
    expect(compareSkeletons(both, structuredClone(both))).toEqual([])
  })

  it.each([
    ['form', single(1), index({ layers: layers(1) }), 'the source is a single image, the copy an index of 1 platforms'],
    [
      'number of platforms',
      index({ layers: layers(1) }, { layers: layers(1) }),
      index({ layers: layers(1) }),
      'the source has 2 platforms, the copy 1',
    ],
    ['number of layers', single(1, 2), single(1), 'the source has 2 layers, the copy 1'],
    ['size of a layer', single(1, 2), single(1, 3), 'layer 2 has 2 bytes in the source, 3 in the copy'],
    [
      'order of layers of different sizes',
      single(1, 1, 2),
      single(1, 2, 1),
      'layer 2 has 1 bytes in the source, 2 in the copy',
      'layer 3 has 2 bytes in the source, 1 in the copy',
    ],
    [
      'platform',
      index({ platform: AMD64, layers: layers(1) }),
      index({ platform: ARM64, layers: layers(1) }),
      'linux/amd64: the copy has linux/arm64/v8 in this place',
    ],
    [
      'presence of a platform',
      index({ platform: AMD64, layers: layers(1) }),
      index({ layers: layers(1) }),
      'linux/amd64: the copy has no platform in this place',
    ],
    [
      'layer of one platform',
      index({ platform: AMD64, layers: layers(1) }, { platform: ARM64, layers: layers(2) }),
      index({ platform: AMD64, layers: layers(1) }, { platform: ARM64, layers: layers(3) }),
      'linux/arm64/v8: layer 1 has 2 bytes in the source, 3 in the copy',
    ],
  ])('tells another %s', (_case, source, copy, ...sentences) => {
    expect(compareSkeletons(source, copy)).toEqual(sentences)
  })
})

it('writes a platform as tools do, harmless for the terminal', () => {
  expect(describePlatform(undefined)).toBeUndefined()
  expect(describePlatform(AMD64)).toBe('linux/amd64')
  expect(describePlatform({ os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1' })).toBe(
    'windows/amd64/10.0.20348.1',
  )
  expect(describePlatform({ os: 'linux\x1b[2J', architecture: 'amd64' })).toBe('linux\\u{1b}[2J/amd64')
})

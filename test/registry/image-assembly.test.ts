import { expect, it } from 'vitest'
import { assembleImage, storeLayer, type StoredLayer } from '../../src/lib/registry/image-assembly.js'
import { compareSkeletons, readImageSkeleton, type ImageSkeleton } from '../../src/lib/registry/image-skeleton.js'
import type { RegistryClient } from '../../src/lib/registry/client.js'
import { sha256 } from '../support/bytes.js'
import { failureOf } from '../support/client.js'
import { startSandboxRegistry } from '../support/sandbox-registry.js'

const REPOSITORY = 'model-abc123/img'

const skeletonLayers = (...sizes: number[]) =>
  sizes.map((sizeBytes) => ({ digest: sha256(`source ${sizeBytes}`), sizeBytes }))

async function copy(client: RegistryClient, skeleton: ImageSkeleton, tag: string): Promise<string> {
  const stored = new Map<string, StoredLayer>()
  for (const { digest, sizeBytes } of skeleton.images.flatMap((image) => image.layers)) {
    if (!stored.has(digest)) {
      stored.set(digest, await storeLayer(client, REPOSITORY, { sizeBytes, seed: 's', name: digest }))
    }
  }
  return assembleImage(client, {
    repository: REPOSITORY,
    tag,
    skeleton,
    seed: 's',
    layerOf: ({ digest }) => stored.get(digest)!,
  })
}

it.each<[string, ImageSkeleton]>([
  ['a single image', { isIndex: false, images: [{ layers: skeletonLayers(10_000, 5, 100, 2_000_003) }], leftOut: [] }],
  ['an image without layers', { isIndex: false, images: [{ layers: [] }], leftOut: [] }],
  [
    'an index of two platforms that share a layer',
    {
      isIndex: true,
      images: [
        { platform: { os: 'linux', architecture: 'amd64' }, layers: skeletonLayers(4096, 7000) },
        { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, layers: skeletonLayers(4096, 9000) },
      ],
      leftOut: [],
    },
  ],
])('makes %s that has the skeleton it was made from', async (_case, skeleton) => {
  const { client } = await startSandboxRegistry()
  const digest = await copy(client, skeleton, '1.0')
  expect(compareSkeletons(skeleton, await readImageSkeleton(client, REPOSITORY, '1.0'))).toEqual([])
  expect((await client.getManifest(REPOSITORY, '1.0')).digest).toBe(digest)
})

it('makes the same image from the same skeleton, without sending its config twice', async () => {
  const { client, proxy } = await startSandboxRegistry()
  const skeleton = { isIndex: false, images: [{ layers: skeletonLayers(3000) }], leftOut: [] }
  const first = await copy(client, skeleton, '1.0')
  const before = proxy.lines.filter((line) => line.startsWith('PATCH ')).length
  expect(await copy(client, skeleton, '1.0')).toBe(first)
  // One more for the layer, whose digest is not known before it is sent.
  expect(proxy.lines.filter((line) => line.startsWith('PATCH '))).toHaveLength(before + 1)
})

it('sets the tag last', async () => {
  const { client, proxy } = await startSandboxRegistry()
  const platform = { os: 'linux', architecture: 'amd64' }
  await copy(client, { isIndex: true, images: [{ platform, layers: skeletonLayers(3000) }], leftOut: [] }, '1.0')
  const manifests = proxy.lines.filter((line) => line.startsWith('PUT ') && line.includes('/manifests/'))
  expect(manifests).toEqual([expect.stringContaining('sha256'), `PUT /v2/${REPOSITORY}/manifests/1.0`])
  expect(proxy.lines.at(-1)).toBe(manifests[1])
})

it('names in the config the digests of the uncompressed layers', async () => {
  const { client, registry } = await startSandboxRegistry()
  const stored = await storeLayer(client, REPOSITORY, { sizeBytes: 100, seed: 's', name: 'small' })
  expect(stored.diffId).not.toBe(stored.digest)
  const skeleton = { isIndex: false, images: [{ layers: skeletonLayers(100) }], leftOut: [] }
  await assembleImage(client, { repository: REPOSITORY, tag: '1.0', skeleton, seed: 's', layerOf: () => stored })
  const { bytes } = await client.getManifest(REPOSITORY, '1.0')
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as { config: { digest: string }; layers: unknown[] }
  expect(manifest.layers).toEqual([{ mediaType: stored.mediaType, digest: stored.digest, size: 100 }])
  const token = await registry.pushToken(REPOSITORY)
  const config = await registry.send('GET', `/v2/${REPOSITORY}/blobs/${manifest.config.digest}`, {
    token,
    headers: { connection: 'close' },
  })
  expect(config.json).toMatchObject({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [stored.diffId] },
  })
})

it('says how much of a layer has been sent', async () => {
  const { client } = await startSandboxRegistry()
  let total = 0
  const onBytes = (delta: number): void => void (total += delta)
  await storeLayer(client, REPOSITORY, { sizeBytes: 123_456, seed: 's', name: 'l' }, { onBytes })
  expect(total).toBe(123_456)
})

it('stops a layer with its signal', async () => {
  const { client } = await startSandboxRegistry()
  const controller = new AbortController()
  const reason = new Error('interrupted')
  const transfer = { signal: controller.signal, onBytes: () => controller.abort(reason) }
  const storing = storeLayer(client, REPOSITORY, { sizeBytes: 50_000_000, seed: 's', name: 'l' }, transfer)
  expect(await failureOf(storing)).toBe(reason)
})

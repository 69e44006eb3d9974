import type { RegistryClient } from '../registry/client.js'
import { assembleImage, storeLayer, type StoredLayer } from '../registry/image-assembly.js'
import {
  createIndex,
  createManifest,
  type EncodedManifest,
  type PlatformDescriptor,
} from '../registry/image/manifest.js'
import { parseManifest } from '../registry/image/parse-manifest.js'
import type { LayerSkeleton } from '../registry/image-skeleton.js'

/** Layers by a name of their own; a layer that several images list is shared. */
const layers = {
  base: 3_145_728,
  python: 1_887_437,
  'server 1.0': 204_811,
  'server 1.1': 205_333,
  trainer: 733_184,
  'base arm64': 2_998_272,
  'server 2.0 amd64': 310_272,
  'server 2.0 arm64': 298_496,
  // What a builder leaves for an instruction that changes no file: 32 bytes of compressed nothing.
  'empty instruction': 32,
} as const

type LayerName = keyof typeof layers

/** Pushes the images of the demo model: three of one platform and an index of two with an attestation. */
export async function pushDemoImages(client: RegistryClient, modelId: string, seed: string): Promise<void> {
  const server = `${modelId}/server`
  await pushImage(client, server, '1.0.0', seed, [['base', 'python', 'server 1.0']])
  await pushImage(client, server, '1.1.0', seed, [['base', 'python', 'empty instruction', 'server 1.1']])
  await pushImage(client, `${modelId}/tools/trainer`, '1.1.0', seed, [['base', 'trainer']])
  await pushImage(client, server, '2.0.0', seed, [
    ['base', 'server 2.0 amd64'],
    ['base arm64', 'server 2.0 arm64'],
  ])
  await attest(client, server, '2.0.0', seed)
}

async function pushImage(
  client: RegistryClient,
  repository: string,
  tag: string,
  seed: string,
  images: readonly (readonly LayerName[])[],
): Promise<void> {
  const stored = new Map<string, StoredLayer>()
  for (const name of new Set(images.flat())) stored.set(name, await pushLayer(client, repository, seed, name))
  const platforms = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64', variant: 'v8' },
  ]
  const isIndex = images.length > 1
  await assembleImage(client, {
    repository,
    tag,
    seed,
    skeleton: {
      isIndex,
      leftOut: [],
      images: images.map((names, index) => {
        const platform = platforms[index]
        const skeletons = names.map((name): LayerSkeleton => ({ digest: name, sizeBytes: layers[name] }))
        return { layers: skeletons, ...(isIndex && platform && { platform }) }
      }),
    },
    layerOf: ({ digest: name }) => {
      const layer = stored.get(name)
      if (layer === undefined) throw new TypeError(`the layer ${name} was not pushed`)
      return layer
    },
  })
}

function pushLayer(client: RegistryClient, repository: string, seed: string, name: LayerName): Promise<StoredLayer> {
  return storeLayer(client, repository, { sizeBytes: layers[name], seed, name, fill: 'noise' })
}

/** Adds to an index what builders add: a manifest for no platform that says how the image was made. */
async function attest(client: RegistryClient, repository: string, tag: string, seed: string): Promise<void> {
  const { bytes, contentType } = await client.getManifest(repository, tag)
  const index = parseManifest(bytes, contentType)
  if (index.kind !== 'index') throw new TypeError(`${tag} is no index`)
  const statement = Buffer.from(JSON.stringify({ predicateType: 'https://slsa.dev/provenance/v1', seed }))
  const layer = { mediaType: 'application/vnd.in-toto+json', size: statement.length }
  const config = Buffer.from(
    JSON.stringify({ architecture: 'unknown', os: 'unknown', rootfs: { type: 'layers', diff_ids: [] } }),
  )
  const attestation: EncodedManifest = createManifest({
    config: { digest: await client.pushBytes(repository, config), size: config.length },
    layers: [{ ...layer, digest: await client.pushBytes(repository, statement) }],
  })
  await client.putManifest(repository, attestation.digest, attestation)
  const entries: PlatformDescriptor[] = index.manifests.map(({ mediaType, digest, sizeBytes, platform }) => ({
    mediaType,
    digest,
    size: sizeBytes,
    ...(platform && { platform }),
  }))
  const unknown = { os: 'unknown', architecture: 'unknown' }
  const withAttestation = createIndex({
    manifests: [
      ...entries,
      { mediaType: attestation.mediaType, digest: attestation.digest, size: attestation.sizeBytes, platform: unknown },
    ],
  })
  await client.putManifest(repository, tag, withAttestation)
}

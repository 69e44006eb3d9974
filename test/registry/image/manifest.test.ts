import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { createConfig } from '../../../src/lib/registry/image/config.js'
import { createIndex, createManifest } from '../../../src/lib/registry/image/manifest.js'
import { parseManifest } from '../../../src/lib/registry/image/parse-manifest.js'

const DIGEST_A = `sha256:${'a'.repeat(64)}`
const DIGEST_B = `sha256:${'b'.repeat(64)}`
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar'
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

describe('createConfig', () => {
  it('is an OCI image config', () => {
    const config = createConfig({
      platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
      diffIds: [DIGEST_A, DIGEST_B],
    })
    expect(JSON.parse(text(config))).toEqual({
      created: '1970-01-01T00:00:00Z',
      architecture: 'arm64',
      os: 'linux',
      variant: 'v8',
      config: {},
      rootfs: { type: 'layers', diff_ids: [DIGEST_A, DIGEST_B] },
    })
  })

  it('keeps the version of the operating system, for Windows', () => {
    const platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.2700' }
    expect(JSON.parse(text(createConfig({ platform, diffIds: [] })))).toMatchObject(platform)
  })

  it('is the same bytes for the same options, in whatever order', () => {
    const first = createConfig({
      platform: { architecture: 'arm', os: 'linux', variant: 'v7', 'os.version': '1' },
      diffIds: [DIGEST_A],
      seed: 's',
      name: 'n',
    })
    const second = createConfig({
      name: 'n',
      seed: 's',
      diffIds: [DIGEST_A],
      platform: { 'os.version': '1', variant: 'v7', os: 'linux', architecture: 'arm' },
    })
    expect(text(second)).toBe(text(first))
  })

  it('differs by name and seed where the layers do not', () => {
    const platform = { architecture: 'amd64', os: 'linux' }
    const configs = [{}, { name: 'a' }, { name: 'b' }, { seed: 'a' }, { seed: 'b' }].map((identity) =>
      text(createConfig({ platform, diffIds: [], ...identity })),
    )
    expect(new Set(configs).size).toBe(configs.length)
  })
})

describe('createManifest', () => {
  const options = {
    config: { digest: DIGEST_A, size: 300 },
    layers: [{ mediaType: LAYER_TYPE, digest: DIGEST_B, size: 10 ** 12 }],
  }

  it('is an OCI manifest with its digest and size', () => {
    const manifest = createManifest({ ...options, annotations: { b: '2', a: '1' } })
    expect(text(manifest.bytes)).toBe(
      `{"schemaVersion":2,"mediaType":"${MANIFEST_TYPE}",` +
        `"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${DIGEST_A}","size":300},` +
        `"layers":[{"mediaType":"${LAYER_TYPE}","digest":"${DIGEST_B}","size":1000000000000}],` +
        `"annotations":{"a":"1","b":"2"}}`,
    )
    expect(manifest).toMatchObject({
      mediaType: MANIFEST_TYPE,
      sizeBytes: manifest.bytes.length,
      digest: `sha256:${createHash('sha256').update(manifest.bytes).digest('hex')}`,
    })
  })

  it('writes nothing but the descriptor of a layer', () => {
    const layer = { size: 5, note: 'internal', digest: DIGEST_B, mediaType: LAYER_TYPE }
    expect(text(createManifest({ ...options, layers: [layer] }).bytes)).toContain(
      `"layers":[{"mediaType":"${LAYER_TYPE}","digest":"${DIGEST_B}","size":5}]}`,
    )
  })

  it('is read back', () => {
    const { bytes, mediaType } = createManifest(options)
    expect(parseManifest(bytes, mediaType)).toEqual({
      kind: 'manifest',
      configDigest: DIGEST_A,
      configSizeBytes: 300,
      layers: [{ mediaType: LAYER_TYPE, digest: DIGEST_B, sizeBytes: 10 ** 12 }],
    })
  })
})

describe('createIndex', () => {
  const platform = { architecture: 'arm64', os: 'linux', variant: 'v8' }
  const manifests = [
    { mediaType: MANIFEST_TYPE, digest: DIGEST_A, size: 500, platform },
    { mediaType: MANIFEST_TYPE, digest: DIGEST_B, size: 600 },
  ]

  it('is an OCI index with its digest and size', () => {
    const index = createIndex({ manifests })
    expect(text(index.bytes)).toBe(
      `{"schemaVersion":2,"mediaType":"${INDEX_TYPE}","manifests":[` +
        `{"mediaType":"${MANIFEST_TYPE}","digest":"${DIGEST_A}","size":500,` +
        `"platform":{"architecture":"arm64","os":"linux","variant":"v8"}},` +
        `{"mediaType":"${MANIFEST_TYPE}","digest":"${DIGEST_B}","size":600}]}`,
    )
    expect(index).toMatchObject({
      mediaType: INDEX_TYPE,
      sizeBytes: index.bytes.length,
      digest: `sha256:${createHash('sha256').update(index.bytes).digest('hex')}`,
    })
  })

  it('is read back', () => {
    const { bytes, mediaType } = createIndex({ manifests })
    expect(parseManifest(bytes, mediaType)).toEqual({
      kind: 'index',
      manifests: [
        { mediaType: MANIFEST_TYPE, digest: DIGEST_A, sizeBytes: 500, platform, isAttestation: false },
        { mediaType: MANIFEST_TYPE, digest: DIGEST_B, sizeBytes: 600, isAttestation: false },
      ],
    })
  })
})

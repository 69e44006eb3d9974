import { describe, expect, it } from 'vitest'

import { ExpectedError } from '../../../src/lib/errors.js'
import { ManifestError, parseManifest } from '../../../src/lib/registry/image/parse-manifest.js'

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

const CONFIG = { mediaType: 'application/vnd.docker.container.image.v1+json', size: 188, digest: DIGEST }
const LAYER = { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 100_231, digest: DIGEST }
const IMAGE = { schemaVersion: 2, config: CONFIG, layers: [LAYER] }
const ENTRY = { mediaType: OCI_MANIFEST, size: 1234, digest: DIGEST, platform: { architecture: 'amd64', os: 'linux' } }
const INDEX = { schemaVersion: 2, manifests: [ENTRY] }

const PARSED_IMAGE = {
  kind: 'manifest',
  configDigest: DIGEST,
  configSizeBytes: 188,
  layers: [{ mediaType: LAYER.mediaType, sizeBytes: 100_231, digest: DIGEST }],
}
const PARSED_INDEX = {
  kind: 'index',
  manifests: [
    {
      mediaType: OCI_MANIFEST,
      sizeBytes: 1234,
      digest: DIGEST,
      platform: { architecture: 'amd64', os: 'linux' },
      isAttestation: false,
    },
  ],
}

function parse(document: unknown, contentType?: string) {
  return parseManifest(Buffer.from(JSON.stringify(document)), contentType)
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(ManifestError)
    expect(error).toBeInstanceOf(ExpectedError)
    return (error as Error).message
  }
  return expect.fail('nothing was thrown')
}

describe('parseManifest', () => {
  it.each([
    ['its mediaType, OCI', { ...IMAGE, mediaType: OCI_MANIFEST }, undefined],
    ['its mediaType, Docker', { ...IMAGE, mediaType: DOCKER_MANIFEST }, undefined],
    ['its mediaType, sent as something general', { ...IMAGE, mediaType: OCI_MANIFEST }, 'application/json'],
    ['both, which agree in kind', { ...IMAGE, mediaType: DOCKER_MANIFEST }, OCI_MANIFEST],
    ['the Content-Type', IMAGE, OCI_MANIFEST],
    ['the Content-Type with a parameter', IMAGE, `${DOCKER_MANIFEST.toUpperCase()} ; charset=utf-8`],
    ['its shape', IMAGE, undefined],
    ['its shape, sent as something general', IMAGE, 'text/plain'],
  ])('reads a manifest that is known by %s', (_how, document, contentType) => {
    expect(parse(document, contentType)).toEqual(PARSED_IMAGE)
  })

  it.each([
    ['its mediaType, OCI', { ...INDEX, mediaType: OCI_INDEX }, undefined],
    ['its mediaType, Docker', { ...INDEX, mediaType: DOCKER_LIST }, undefined],
    ['the Content-Type', INDEX, DOCKER_LIST],
    ['its shape', INDEX, undefined],
  ])('reads an index that is known by %s', (_how, document, contentType) => {
    expect(parse(document, contentType)).toEqual(PARSED_INDEX)
  })

  it('reads an image without layers, layers of any media type and size 0, and SHA-512', () => {
    expect(parse({ ...IMAGE, layers: [] })).toMatchObject({ layers: [] })
    const layer = { mediaType: 'application/x-weights', size: 0, digest: `sha512:${'f'.repeat(128)}` }
    expect(parse({ ...IMAGE, layers: [layer] })).toMatchObject({
      layers: [{ mediaType: 'application/x-weights', sizeBytes: 0, digest: layer.digest }],
    })
  })

  it('ignores a byte order mark and properties it does not know', () => {
    const text = JSON.stringify({
      ...IMAGE,
      subject: CONFIG,
      annotations: 7,
      constructor: 1,
      layers: [{ ...LAYER, urls: [] }],
    })
    expect(parseManifest(Buffer.from(`\uFEFF${text}`))).toEqual(PARSED_IMAGE)
  })

  it.each([
    [{ platform: { architecture: 'unknown', os: 'unknown' } }, true],
    [{ annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }, true],
    [{ annotations: { 'vnd.docker.reference.type': 'other' } }, false],
    [{ platform: { architecture: 'unknown', os: 'linux' } }, false],
    [{ platform: undefined }, false],
    [{}, false],
  ])('tells attestations from images: %j', (properties, isAttestation) => {
    expect(parse({ ...INDEX, manifests: [{ ...ENTRY, ...properties }] })).toMatchObject({
      manifests: [{ isAttestation }],
    })
  })

  it.each([
    [
      { architecture: 'arm', os: 'linux', variant: 'v7', features: ['x'] },
      { architecture: 'arm', os: 'linux', variant: 'v7' },
    ],
    [
      { 'os.version': '10.0.1', os: 'windows', architecture: 'amd64', 'os.features': ['win32k'] },
      { architecture: 'amd64', os: 'windows', 'os.version': '10.0.1' },
    ],
    [
      { architecture: 'arm64', os: 'linux', variant: '' },
      { architecture: 'arm64', os: 'linux' },
    ],
    [{ architecture: '', os: '' }, undefined],
    [{ os: 'linux' }, undefined],
    [null, undefined],
  ])('reads the platform %j', (platform, expected) => {
    const parsed = parse({ ...INDEX, manifests: [{ ...ENTRY, platform }] })
    expect(parsed.kind === 'index' && parsed.manifests[0]?.platform).toEqual(expected)
  })

  it.each<[string, unknown]>([
    ['the document is "text", expected an object', 'text'],
    ['the document is null, expected an object', null],
    ['the document is a list, expected an object', [IMAGE]],
    ['it has the outdated Docker schema 1', { schemaVersion: 1, fsLayers: [], history: [] }],
    ['schemaVersion is missing, expected 2', { config: CONFIG, layers: [LAYER] }],
    ['schemaVersion is "2", expected 2', { ...IMAGE, schemaVersion: '2' }],
    ['schemaVersion is an object, expected 2', { ...IMAGE, schemaVersion: {} }],
    [
      'its mediaType is "application/vnd.oci.artifact.manifest.v1+json"',
      { schemaVersion: 2, mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [] },
    ],
    ['its mediaType is 5', { ...IMAGE, mediaType: 5 }],
    ['its mediaType is null', { ...IMAGE, mediaType: null }],
    ['its mediaType is "\\u001b[31m\\u{202e}x"', { ...IMAGE, mediaType: '\u001b[31m\u202ex' }],
    ['it has neither layers nor manifests', { schemaVersion: 2 }],
    ['it is a manifest and an index at once', { ...IMAGE, ...INDEX }],
    ['it is a manifest and an index at once', { ...INDEX, config: CONFIG, mediaType: OCI_INDEX }],
    ['manifests is missing, expected a list', { ...IMAGE, mediaType: OCI_INDEX }],
    ['config is missing, expected an object', { ...INDEX, mediaType: OCI_MANIFEST }],
    ['config is missing, expected an object', { schemaVersion: 2, layers: [] }],
    ['layers is missing, expected a list', { schemaVersion: 2, config: CONFIG }],
    ['layers is an object, expected a list', { ...IMAGE, layers: {} }],
    ['layers[1] is null, expected an object', { ...IMAGE, layers: [LAYER, null] }],
    ['layers[0].digest is missing', { ...IMAGE, layers: [{ ...LAYER, digest: undefined }] }],
    ['layers[0].digest is "sha256:abc"', { ...IMAGE, layers: [{ ...LAYER, digest: 'sha256:abc' }] }],
    ['layers[0].digest is "SHA256', { ...IMAGE, layers: [{ ...LAYER, digest: DIGEST.toUpperCase() }] }],
    ['layers[0].digest is "md5:', { ...IMAGE, layers: [{ ...LAYER, digest: `md5:${'a'.repeat(32)}` }] }],
    ['layers[0].digest is "sha256:', { ...IMAGE, layers: [{ ...LAYER, digest: `${DIGEST}\n` }] }],
    ['layers[0].digest is "../', { ...IMAGE, layers: [{ ...LAYER, digest: `../${DIGEST}` }] }],
    ['layers[0].size is missing', { ...IMAGE, layers: [{ ...LAYER, size: undefined }] }],
    ['layers[0].size is -1', { ...IMAGE, layers: [{ ...LAYER, size: -1 }] }],
    ['layers[0].size is 1.5', { ...IMAGE, layers: [{ ...LAYER, size: 1.5 }] }],
    ['layers[0].size is "5"', { ...IMAGE, layers: [{ ...LAYER, size: '5' }] }],
    ['layers[0].size is 9007199254740992', { ...IMAGE, layers: [{ ...LAYER, size: 2 ** 53 }] }],
    ['layers[0].mediaType is missing', { ...IMAGE, layers: [{ ...LAYER, mediaType: undefined }] }],
    ['layers[0].mediaType is ""', { ...IMAGE, layers: [{ ...LAYER, mediaType: '' }] }],
    ['config.size is -5', { ...IMAGE, config: { ...CONFIG, size: -5 } }],
    ['config is a list', { ...IMAGE, config: [] }],
    ['manifests is null, expected a list', { ...INDEX, manifests: null }],
    ['manifests[0] is 1, expected an object', { ...INDEX, manifests: [1] }],
    ['manifests[0].digest is missing', { ...INDEX, manifests: [{ ...ENTRY, digest: undefined }] }],
    ['manifests[0].platform is "linux/amd64"', { ...INDEX, manifests: [{ ...ENTRY, platform: 'linux/amd64' }] }],
    ['manifests[0].platform.os is 1', { ...INDEX, manifests: [{ ...ENTRY, platform: { os: 1 } }] }],
    ['manifests[0].annotations is a list', { ...INDEX, manifests: [{ ...ENTRY, annotations: [] }] }],
    ['it lists 10001 layers, at most 10000 are read', { ...IMAGE, layers: new Array(10_001).fill(LAYER) }],
    ['it lists 10001 manifests, at most 10000 are read', { ...INDEX, manifests: new Array(10_001).fill(ENTRY) }],
  ])('says what is wrong: %s', (problem, document) => {
    expect(messageOf(() => parse(document))).toContain(`The image manifest cannot be read: ${problem}`)
  })

  it.each([
    ['nothing', ''],
    ['HTML', '<html>404</html>'],
    ['half of it', '{"schemaVersion": 2'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('says that it is not JSON: %s', (_what, bytes) => {
    expect(messageOf(() => parseManifest(Buffer.from(bytes)))).toContain('it is not JSON')
  })

  it('is not brought down by deep nesting', () => {
    const nested = `${'['.repeat(500_000)}${']'.repeat(500_000)}`
    expect(messageOf(() => parseManifest(Buffer.from(`{"schemaVersion":${nested}}`)))).toContain(
      'schemaVersion is a list',
    )
  })

  it('refuses a number too large to be one', () => {
    const text = JSON.stringify(IMAGE).replace('100231', '1e400')
    expect(messageOf(() => parseManifest(Buffer.from(text)))).toContain('layers[0].size is')
  })

  it('refuses a document that was sent as another kind than it says', () => {
    expect(messageOf(() => parse({ ...IMAGE, mediaType: OCI_MANIFEST }, OCI_INDEX))).toContain(
      `it was sent as "${OCI_INDEX}", but its mediaType is "${OCI_MANIFEST}"`,
    )
  })

  it('quotes only the beginning of very long values', () => {
    expect(messageOf(() => parse({ ...IMAGE, mediaType: 'x'.repeat(100_000) })).length).toBeLessThan(1000)
  })
})

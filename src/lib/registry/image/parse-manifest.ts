import { ExitCode, ExpectedError } from '../../errors.js'
import { showServerText } from '../../http/server-text.js'
import { isDigest } from './digest.js'
import { isIndexMediaType, isManifestMediaType } from './media-types.js'
import { pickPlatform, type Platform } from './platform.js'

/** The manifest of one image. */
export interface ParsedManifest {
  readonly kind: 'manifest'
  readonly configDigest: string
  readonly configSizeBytes: number
  readonly layers: readonly ParsedDescriptor[]
}

/** A list of manifests: of one image for several platforms, of attestations, or of further indexes. */
export interface ParsedIndex {
  readonly kind: 'index'
  readonly manifests: readonly ParsedIndexEntry[]
}

export interface ParsedDescriptor {
  readonly digest: string
  readonly sizeBytes: number
  readonly mediaType: string
}

export interface ParsedIndexEntry extends ParsedDescriptor {
  readonly platform?: Platform
  /** Whether it describes how another entry was built, rather than being an image. */
  readonly isAttestation: boolean
}

/** A manifest that cannot be read: the message says what is wrong with it. */
export class ManifestError extends ExpectedError {
  override readonly name = 'ManifestError'

  constructor(problem: string, cause?: unknown) {
    super(`The image manifest cannot be read: ${problem}`, {
      exitCode: ExitCode.Findings,
      tryNext: ['Push the image again as an OCI image or in Docker image format version 2, schema 2'],
      cause,
    })
  }
}

type JsonObject = Readonly<Record<string, unknown>>

/** Registries take manifests of up to 4 MiB, which some 20,000 layers fill; an image that runs has at most 127. */
const MAX_ENTRIES = 10_000

/**
 * Returns what a manifest says, after checking all that is used of it. Read are OCI manifests and indexes, Docker manifests
 * (version 2, schema 2) and manifest lists. Which one it is follows from its own `mediaType`, without it from the
 * Content-Type, without a known one from its shape (OCI image-spec, manifest.md and image-index.md: the property is optional).
 *
 * @param bytes as the registry sent them, not trusted
 * @param contentType the header's value, with or without parameters
 * @throws ManifestError when it is none of these, or not whole
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): ParsedManifest | ParsedIndex {
  const document = asObject(parseJson(bytes), 'the document')
  if (document.schemaVersion === 1) throw new ManifestError('it has the outdated Docker schema 1')
  if (document.schemaVersion !== 2) {
    throw new ManifestError(`schemaVersion is ${quote(document.schemaVersion)}, expected 2`)
  }
  if (detectKind(document, contentType) === 'index') {
    return { kind: 'index', manifests: asList(document, 'manifests').map(readIndexEntry) }
  }
  const config = readDescriptor(document.config, 'config')
  return {
    kind: 'manifest',
    configDigest: config.digest,
    configSizeBytes: config.sizeBytes,
    layers: asList(document, 'layers').map((layer, index) => readDescriptor(layer, `layers[${index}]`)),
  }
}

type Kind = 'manifest' | 'index'

function detectKind(document: JsonObject, contentType: string | undefined): Kind {
  const { mediaType } = document
  const declaredKind = kindOf(mediaType)
  const headerKind = kindOf(contentType?.split(';')[0]?.trim().toLowerCase())
  if (mediaType !== undefined && declaredKind === undefined) {
    throw new ManifestError(`its mediaType is ${quote(mediaType)}`)
  }
  if (declaredKind !== undefined && headerKind !== undefined && declaredKind !== headerKind) {
    throw new ManifestError(`it was sent as ${quote(contentType)}, but its mediaType is ${quote(mediaType)}`)
  }
  const shape = detectShape(document)
  return declaredKind ?? headerKind ?? shape
}

function kindOf(mediaType: unknown): Kind | undefined {
  if (typeof mediaType !== 'string') return undefined
  if (isManifestMediaType(mediaType)) return 'manifest'
  return isIndexMediaType(mediaType) ? 'index' : undefined
}

function detectShape({ manifests, layers, config }: JsonObject): Kind {
  const hasImage = layers !== undefined || config !== undefined
  if (manifests === undefined && !hasImage) throw new ManifestError('it has neither layers nor manifests')
  // What can be read either way might be read differently by the next reader (CVE-2021-41190)
  if (manifests !== undefined && hasImage) throw new ManifestError('it is a manifest and an index at once')
  return hasImage ? 'manifest' : 'index'
}

function readIndexEntry(value: unknown, index: number): ParsedIndexEntry {
  const where = `manifests[${index}]`
  const entry = asObject(value, where)
  const platform = readPlatform(entry.platform, `${where}.platform`)
  const annotations = entry.annotations === undefined ? {} : asObject(entry.annotations, `${where}.annotations`)
  return {
    ...readDescriptor(entry, where),
    ...(platform && { platform }),
    isAttestation:
      annotations['vnd.docker.reference.type'] === 'attestation-manifest' ||
      (platform?.os === 'unknown' && platform.architecture === 'unknown'),
  }
}

function readDescriptor(value: unknown, where: string): ParsedDescriptor {
  const { digest, size, mediaType } = asObject(value, where)
  if (typeof digest !== 'string' || !isDigest(digest)) {
    throw new ManifestError(`${where}.digest is ${quote(digest)}, expected sha256: or sha512: with hexadecimal digits`)
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ManifestError(`${where}.size is ${quote(size)}, expected a number of bytes`)
  }
  if (typeof mediaType !== 'string' || mediaType === '') {
    throw new ManifestError(`${where}.mediaType is ${quote(mediaType)}, expected a media type`)
  }
  return { digest, sizeBytes: size, mediaType }
}

/** Returns the platform, or none where the entry names no system: that is how tools list content for any platform. */
function readPlatform(value: unknown, where: string): Platform | undefined {
  if (value === undefined || value === null) return undefined
  const platform = asObject(value, where)
  const architecture = readText(platform, 'architecture', where)
  const os = readText(platform, 'os', where)
  const variant = readText(platform, 'variant', where)
  const osVersion = readText(platform, 'os.version', where)
  if (!architecture || !os) return undefined
  return pickPlatform({
    architecture,
    os,
    ...(variant && { variant }),
    ...(osVersion && { 'os.version': osVersion }),
  })
}

function readText(object: JsonObject, key: string, where: string): string | undefined {
  const value = object[key]
  if (value !== undefined && typeof value !== 'string') {
    throw new ManifestError(`${where}.${key} is ${quote(value)}, expected a text`)
  }
  return value
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new ManifestError('it is not JSON', error)
  }
}

function asObject(value: unknown, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ManifestError(`${where} is ${quote(value)}, expected an object`)
  }
  return value as JsonObject
}

function asList(document: JsonObject, key: string): readonly unknown[] {
  const value = document[key]
  if (!Array.isArray(value)) throw new ManifestError(`${key} is ${quote(value)}, expected a list`)
  if (value.length > MAX_ENTRIES) {
    throw new ManifestError(`it lists ${value.length} ${key}, at most ${MAX_ENTRIES} are read`)
  }
  return value
}

/** Returns a short picture of a value that a server sent, safe to print. */
function quote(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return showServerText(JSON.stringify(value))
}

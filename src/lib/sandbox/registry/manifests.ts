import { createHash } from 'node:crypto'
import { RegistryError } from './errors.js'
import { isDigest } from './paths.js'

/** A bigger manifest is refused; OCI distribution specification, "Pushing Manifests", asks for at least this much. */
export const MANIFEST_MAX_BYTES = 4 * 1024 * 1024

const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

interface Descriptor {
  readonly digest: string
  readonly size: number
  readonly urls?: readonly string[]
  /** Only in an index, and not checked; OCI image specification, "Image Index". */
  readonly platform?: unknown
}

/** An image manifest points to blobs, an index (or manifest list) to manifests. */
export interface Manifest {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
  readonly kind: 'image' | 'index'
  readonly references: readonly Descriptor[]
}

/**
 * Reads a manifest as it was sent.
 *
 * @throws RegistryError MANIFEST_INVALID when it is not JSON, not of the form that its content type promises, or of a
 *   type that is not served
 */
export function parseManifest(bytes: Buffer, contentType: string): Manifest {
  const document = parseJson(bytes)
  if (document['schemaVersion'] !== 2) throw invalid('unsupported schema version')
  checkMediaType(document['mediaType'], contentType)
  const common = { digest: digestOf(bytes), mediaType: contentType, bytes }
  switch (contentType) {
    case DOCKER_MANIFEST:
    case OCI_MANIFEST:
      return {
        ...common,
        kind: 'image',
        references: [...descriptors([document['config']]), ...descriptors(document['layers'])],
      }
    case DOCKER_LIST:
    case OCI_INDEX:
      return { ...common, kind: 'index', references: descriptors(document['manifests']) }
    default:
      throw invalid(`unsupported manifest media type and no default available: ${contentType}`)
  }
}

/**
 * Checks that the client can read a manifest of this type. The distribution registry gives OCI types only to clients that
 * name them in Accept, and does not take a wildcard for it.
 *
 * @throws RegistryError MANIFEST_UNKNOWN
 */
export function checkAccepted(mediaType: string, accept: string): void {
  if (mediaType !== OCI_MANIFEST && mediaType !== OCI_INDEX) return
  const accepted = accept.split(',').map((entry) => entry.split(';')[0]?.trim())
  if (accepted.includes(mediaType)) return
  const words = mediaType === OCI_INDEX ? ['index', 'indexes'] : ['manifest', 'manifests']
  throw new RegistryError('MANIFEST_UNKNOWN', {
    message: `OCI ${words[0]} found, but accept header does not support OCI ${words[1]}`,
  })
}

/** Returns a platform in the form in which it is usually written; undefined for what is none. */
export function namePlatform(platform: unknown): string | undefined {
  if (!isObject(platform)) return undefined
  const { os, architecture, variant } = platform
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return [os, architecture, ...(typeof variant === 'string' ? [variant] : [])].join('/')
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function parseJson(bytes: Buffer): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(bytes.toString())
  } catch (error) {
    throw invalid((error as Error).message)
  }
  if (!isObject(document)) throw invalid('not a JSON object')
  return document
}

/** Docker's types must name themselves in the document, OCI's may; OCI image specification, "Image Manifest". */
function checkMediaType(inDocument: unknown, contentType: string): void {
  const isOptional = contentType === OCI_MANIFEST || contentType === OCI_INDEX
  if (inDocument === contentType || (inDocument === undefined && isOptional)) return
  throw invalid(`mediaType in manifest should be '${contentType}' not '${String(inDocument)}'`)
}

function descriptors(list: unknown): Descriptor[] {
  if (!Array.isArray(list)) throw invalid('missing list of descriptors')
  return list.map((entry: unknown) => {
    if (!isDescriptor(entry)) throw invalid('invalid descriptor')
    return entry
  })
}

function isDescriptor(value: unknown): value is Descriptor {
  if (!isObject(value)) return false
  const { digest, size } = value
  return typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && Number(size) >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(detail: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', { details: [detail] })
}

import type { RegistryAnswer, RegistryCall } from './call.js'
import { RegistryError } from './errors.js'
import { checkAccepted, MANIFEST_MAX_BYTES, parseManifest } from './manifests.js'
import { isDigest } from './paths.js'
import type { RegistryStore } from './store.js'

interface ManifestReference {
  readonly repository: string
  /** A tag or a digest. */
  readonly reference: string
}

export async function handleManifest(
  store: RegistryStore,
  call: RegistryCall,
  target: ManifestReference,
): Promise<RegistryAnswer> {
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return sendManifest(store, call, target)
    case 'PUT':
      return await receiveManifest(store, call, target)
    case 'DELETE':
      return deleteManifest(store, target)
    default:
      throw new RegistryError('UNSUPPORTED')
  }
}

/** OCI distribution specification, "Pulling manifests". */
function sendManifest(store: RegistryStore, { headers }: RegistryCall, target: ManifestReference): RegistryAnswer {
  const manifest = store.findManifest(target.repository, target.reference)
  if (manifest === undefined) throw unknownManifest(target)
  const { mediaType, digest, bytes } = manifest
  checkAccepted(mediaType, headers.accept ?? '')
  return { status: 200, headers: { 'content-type': mediaType, 'docker-content-digest': digest }, body: bytes }
}

/** OCI distribution specification, "Pushing Manifests": what a manifest refers to has to be there before it. */
async function receiveManifest(
  store: RegistryStore,
  { headers, body }: RegistryCall,
  { repository, reference }: ManifestReference,
): Promise<RegistryAnswer> {
  const manifest = parseManifest(await readManifestBody(body), headers['content-type'] ?? '')
  const { digest } = manifest
  if (isDigest(reference) && reference !== digest) throw new RegistryError('DIGEST_INVALID')
  const missing = store.findMissingReferences(repository, manifest)
  if (missing.length > 0) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', { details: missing })
  store.putManifest(repository, manifest, isDigest(reference) ? undefined : reference)
  const location = `/v2/${repository}/manifests/${digest}`
  return { status: 201, headers: { location, 'docker-content-digest': digest } }
}

/** OCI distribution specification, "Deleting tags" and "Deleting Manifests": by digest, the tags go as well. */
function deleteManifest(store: RegistryStore, target: ManifestReference): RegistryAnswer {
  const { repository, reference } = target
  const isDeleted = isDigest(reference)
    ? store.deleteManifest(repository, reference)
    : store.untag(repository, reference)
  if (!isDeleted) throw unknownManifest(target)
  return { status: 202 }
}

async function readManifestBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.length
    if (sizeBytes <= MANIFEST_MAX_BYTES) chunks.push(chunk)
  }
  if (sizeBytes <= MANIFEST_MAX_BYTES) return Buffer.concat(chunks)
  throw new RegistryError('MANIFEST_INVALID', { details: ['http: request body too large'] })
}

function unknownManifest({ repository, reference }: ManifestReference): RegistryError {
  const detail = isDigest(reference) ? { Name: repository, Revision: reference } : { Tag: reference }
  return new RegistryError('MANIFEST_UNKNOWN', { details: [detail] })
}

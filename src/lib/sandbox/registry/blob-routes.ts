import { parseByteRange } from '../byte-range-header.js'
import type { RegistryAnswer, RegistryCall } from './call.js'
import { RegistryError } from './errors.js'
import type { RegistryStore } from './store.js'

/** OCI distribution specification, "Pulling blobs" and "Checking if content exists in the registry". */
export function handleBlob(
  store: RegistryStore,
  call: RegistryCall,
  { repository, digest }: { repository: string; digest: string },
): RegistryAnswer {
  if (call.method !== 'GET' && call.method !== 'HEAD') throw new RegistryError('UNSUPPORTED')
  const sizeBytes = store.findBlobSize(repository, digest)
  if (sizeBytes === undefined) throw new RegistryError('BLOB_UNKNOWN', { details: [digest] })
  const range = parseByteRange(call.headers.range, sizeBytes)
  if (range === 'unsatisfiable') return { status: 416, headers: { 'content-range': `bytes */${sizeBytes}` } }
  const { start, end } = range ?? { start: 0, end: sizeBytes }
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      'accept-ranges': 'bytes',
      'content-length': String(end - start),
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      etag: `"${digest}"`,
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }),
    },
    ...(call.method === 'GET' && { body: store.openBlob(digest, { start, end }) }),
  }
}

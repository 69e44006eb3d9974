import type { RegistryAnswer, RegistryCall, RegistryFault } from './call.js'
import { RegistryError } from './errors.js'
import { isDigest } from './paths.js'
import type { RegistryStore } from './store.js'
import type { UploadStates } from './upload-state.js'
import type { Upload } from './uploads.js'

/**
 * Blob uploads: OCI distribution specification, "Pushing Blobs", where it leaves a choice as the distribution registry 3
 * does it.
 */
export class UploadRoutes {
  constructor(
    private readonly store: RegistryStore,
    private readonly states: UploadStates,
  ) {}

  /** `POST .../blobs/uploads/`: "Mounting a blob from another repository", "Single POST", or the start of an upload. */
  async handleStart(call: RegistryCall, repository: string): Promise<RegistryAnswer> {
    const { method, query } = call
    if (method !== 'POST') throw new RegistryError('UNSUPPORTED')
    const [mount, from] = [query.get('mount') ?? '', query.get('from') ?? '']
    if (this.store.mountBlob(repository, from, mount)) return describeCreated(repository, mount)
    if (!query.has('digest')) return { status: 202, headers: this.describeProgress(this.store.startUpload(repository)) }
    const digest = requireDigest(query)
    const upload = this.store.startUpload(repository)
    try {
      return await this.complete(call, upload, digest)
    } catch (error) {
      // Nobody was told its URL, so nobody can go on with it.
      await upload.cancel()
      throw error
    }
  }

  /** Requests on the URL of an upload. */
  async handleUpload(
    call: RegistryCall,
    { repository, uploadId }: { repository: string; uploadId: string },
  ): Promise<RegistryAnswer> {
    const upload = this.store.findUpload(repository, uploadId)
    if (upload === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN')
    switch (call.method) {
      case 'GET':
      case 'HEAD':
        return await this.handleStatus(call, upload)
      case 'PATCH':
        return await this.handleChunk(call, upload)
      case 'PUT':
        return await this.handleLast(call, upload)
      case 'DELETE':
        return await this.handleCancel(call, upload)
      default:
        throw new RegistryError('UNSUPPORTED')
    }
  }

  /** Needs no current state in the URL: asking is how a client whose PATCH broke finds out where to go on. */
  private async handleStatus({ fault }: RegistryCall, upload: Upload): Promise<RegistryAnswer> {
    return await upload.exclusive(async () => {
      await forgetIf(fault, upload)
      return { status: 204, headers: this.describeProgress(upload) }
    })
  }

  /** "Pushing a blob in chunks": one chunk, of any size, also without Content-Length and Content-Range. */
  private async handleChunk(call: RegistryCall, upload: Upload): Promise<RegistryAnswer> {
    const contentType = call.headers['content-type'] ?? 'application/octet-stream'
    if (contentType !== 'application/octet-stream')
      throw new RegistryError('UNKNOWN', { details: ['bad Content-Type'] })
    return await upload.exclusive(async () => {
      await forgetIf(call.fault, upload)
      this.checkOffset(call, upload)
      await upload.append(call.body)
      return { status: 202, headers: this.describeProgress(upload) }
    })
  }

  /** The closing PUT, with or without a last chunk. */
  private async handleLast(call: RegistryCall, upload: Upload): Promise<RegistryAnswer> {
    const digest = requireDigest(call.query)
    return await upload.exclusive(async () => {
      await forgetIf(call.fault, upload)
      this.checkOffset(call, upload)
      return await this.complete(call, upload, digest)
    })
  }

  /** "Cancel a blob upload". */
  private async handleCancel(call: RegistryCall, upload: Upload): Promise<RegistryAnswer> {
    this.readOffset(call, upload)
    await upload.cancel()
    return { status: 204, headers: { 'docker-upload-uuid': upload.id } }
  }

  private async complete(call: RegistryCall, upload: Upload, digest: string): Promise<RegistryAnswer> {
    await upload.append(call.body)
    if (await this.store.finishUpload(upload, digest)) return describeCreated(upload.repository, digest)
    throw new RegistryError('DIGEST_INVALID', {
      details: [{ Digest: digest, Reason: 'content does not match digest' }],
    })
  }

  /** Refuses bytes for another place than the end of what is there, and says where that is. */
  private checkOffset(call: RegistryCall, upload: Upload): void {
    const { 'content-range': contentRange, 'content-length': contentLength } = call.headers
    const stateOffset = this.readOffset(call, upload)
    const range = contentRange === undefined ? undefined : parseContentRange(contentRange)
    if (stateOffset !== upload.sizeBytes || (range !== undefined && range.start !== upload.sizeBytes)) {
      throw new RegistryError('RANGE_INVALID', { headers: this.describeProgress(upload) })
    }
    if (range !== undefined && contentLength !== undefined && Number(contentLength) !== range.end - range.start) {
      throw new RegistryError('SIZE_INVALID')
    }
  }

  /** Returns the offset in the URL's state, and refuses a URL that was not given out for this upload. */
  private readOffset({ query }: RegistryCall, upload: Upload): number {
    const state = this.states.unpack(query.get('_state') ?? '')
    if (state?.uploadId !== upload.id) throw new RegistryError('BLOB_UPLOAD_INVALID')
    return state.offsetBytes
  }

  /** Range holds the last byte's position, so an upload of nothing looks like one of a single byte (observed). */
  private describeProgress({ id, repository, sizeBytes }: Upload): Record<string, string> {
    const state = this.states.pack({ uploadId: id, offsetBytes: sizeBytes })
    return {
      'docker-upload-uuid': id,
      location: `/v2/${repository}/blobs/uploads/${id}?_state=${encodeURIComponent(state)}`,
      range: `0-${Math.max(sizeBytes - 1, 0)}`,
    }
  }
}

async function forgetIf(fault: RegistryFault | undefined, upload: Upload): Promise<void> {
  if (fault?.kind !== 'forget-offset') return
  if (upload.sizeBytes === 0) fault.miss()
  await upload.forget()
}

function describeCreated(repository: string, digest: string): RegistryAnswer {
  const location = `/v2/${repository}/blobs/${digest}`
  return { status: 201, headers: { location, 'docker-content-digest': digest } }
}

function requireDigest(query: URLSearchParams): string {
  const digest = query.get('digest') ?? ''
  if (isDigest(digest)) return digest
  const detail = digest === '' ? 'digest missing' : 'digest parsing failed'
  throw new RegistryError('DIGEST_INVALID', { details: [detail] })
}

/** `<first>-<last>`, both inclusive and without a unit, unlike the header of the same name in HTTP. */
function parseContentRange(header: string): { start: number; end: number } {
  const match = /^(\d+)-(\d+)$/.exec(header)
  const [start, end] = [Number(match?.[1]), Number(match?.[2]) + 1]
  if (start < end) return { start, end }
  throw new RegistryError('RANGE_INVALID', { details: [`invalid content range format: ${header}`] })
}

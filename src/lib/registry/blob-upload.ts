import { createHash, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ByteSource } from '../content/byte-source.js'
import type { Connection } from '../http/connection.js'
import { ResponseError, UnexpectedAnswerError, type Operation } from '../http/errors.js'
import type { OnBytes } from '../http/metered-body.js'
import { tap } from '../http/tap.js'
import type { Authenticator } from './authenticator.js'
import { repositoryPath } from './repository-path.js'
import { scopeOf } from './scope.js'

export interface BlobTransfer {
  readonly repository: string
  readonly source: ByteSource
  readonly onBytes?: OnBytes | undefined
  readonly signal?: AbortSignal | undefined
  /** Where an upload of these bytes is that another process has begun. */
  readonly begun?: string | undefined
  /** Called with where the upload is, before its bytes are sent. Then it stays open when it is broken off. */
  readonly onBegun?: ((location: string) => Promise<void>) | undefined
  /** The digest, where somebody else computes it at the same time. Default: it is computed from the bytes as they leave. */
  readonly digest?: Promise<string> | undefined
}

const START: Operation = { method: 'POST', path: '/v2/<name>/blobs/uploads/' }
const SEND: Operation = { method: 'PATCH', path: '/v2/<name>/blobs/uploads/<reference>' }
const ASK: Operation = { method: 'GET', path: '/v2/<name>/blobs/uploads/<reference>' }
const CANCEL: Operation = { method: 'DELETE', path: '/v2/<name>/blobs/uploads/<reference>' }
const COMMIT: Operation = { method: 'PUT', path: '/v2/<name>/blobs/uploads/<reference>' }

/**
 * Uploads one blob (OCI distribution specification, "Pushing a blob in chunks"), with its digest computed meanwhile.
 * After a failure the registry is asked how much it has, and the rest follows from there; a registry that cannot say
 * gets a new upload. Nothing is ever resent from 0 into an open upload, because some registries then store both. So it
 * goes on, too, with what another process has begun; only the digest takes reading the first bytes once more.
 */
export class BlobUpload {
  readonly #connection: Connection
  readonly #authenticator: Authenticator
  readonly #transfer: BlobTransfer
  /** Absent where the digest comes from elsewhere. */
  readonly #hash: Hash | undefined
  /** So many bytes, from the first on, have left at least once, and are in the hash. */
  #passedBytes = 0
  #reportedBytes = 0
  #location: string | undefined
  /** True while the upload is one of another process, which may have sent any part of it. */
  #isTakenOver: boolean
  #offset = 0

  constructor(connection: Connection, authenticator: Authenticator, transfer: BlobTransfer) {
    this.#connection = connection
    this.#authenticator = authenticator
    this.#transfer = transfer
    this.#location = transfer.begun
    this.#isTakenOver = transfer.begun !== undefined
    this.#hash = transfer.digest === undefined ? createHash('sha256') : undefined
    // When sending fails first, that is what is told of.
    transfer.digest?.catch(() => undefined)
  }

  /**
   * Sends all bytes. The upload stays open until {@link commit}.
   *
   * @returns the digest of what was sent
   */
  async send(): Promise<string> {
    const { sizeBytes } = this.#transfer.source
    try {
      await this.#connection.retry({ isRepeatable: true, signal: this.#transfer.signal }, async (attemptNumber) => {
        if (attemptNumber > 0 || this.#isTakenOver) await this.#resume()
        this.#location ??= await this.#begin()
        if (this.#offset < sizeBytes) await this.#sendRest(this.#location)
      })
    } catch (error) {
      const isToBeContinued = this.#transfer.signal?.aborted && this.#transfer.onBegun !== undefined
      if (!isToBeContinued) await this.#cancel()
      throw error
    }
    return this.#transfer.digest ?? `sha256:${this.#hash?.digest('hex')}`
  }

  /**
   * Makes the uploaded bytes a blob; the registry checks the digest.
   *
   * @throws ResponseError also when an earlier request, whose answer was lost, has done it
   */
  async commit(digest: string): Promise<void> {
    if (this.#location === undefined) throw new TypeError('commit before send')
    const url = new URL(this.#location, this.#connection.origin)
    url.searchParams.set('digest', digest)
    await this.#request(COMMIT, { url, headers: { 'content-length': '0' }, isRepeatable: true })
  }

  /** Opens the upload and cancels it again. */
  async tryOut(): Promise<void> {
    this.#location = await this.#start()
    await this.#cancel()
  }

  async #begin(): Promise<string> {
    const location = await this.#start()
    await this.#transfer.onBegun?.(location)
    return location
  }

  async #start(): Promise<string> {
    const { location } = await this.#request(START, {
      url: `${repositoryPath(this.#transfer.repository)}/blobs/uploads/`,
      headers: { 'content-length': '0' },
      isSingleAttempt: true,
    })
    this.#offset = 0
    return location
  }

  async #sendRest(url: string): Promise<void> {
    const { source } = this.#transfer
    const start = this.#offset
    const answer = await this.#request(SEND, {
      url,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(source.sizeBytes - start),
        'content-range': `${start}-${source.sizeBytes - 1}`,
      },
      openBody: () => this.#open(start),
      isSingleAttempt: true,
    })
    this.#location = answer.location
    this.#offset = source.sizeBytes
  }

  /** The bytes from `start` on, reported as they leave; those that have not been hashed yet are. */
  #open(start: number): Readable {
    // Takes back what was sent and did not arrive.
    this.#report(start - this.#reportedBytes)
    let position = start
    return tap(this.#connection.paced(this.#transfer.source.open({ start })), (chunk) => {
      this.#report(chunk.length)
      const alreadyHashed = Math.min(chunk.length, Math.max(0, this.#passedBytes - position))
      position += chunk.length
      if (alreadyHashed === chunk.length) return
      this.#hash?.update(chunk.subarray(alreadyHashed))
      this.#passedBytes = position
    })
  }

  #report(delta: number): void {
    this.#reportedBytes += delta
    if (delta !== 0) this.#transfer.onBytes?.(delta)
  }

  /** Finds out where to go on after a failure. */
  async #resume(): Promise<void> {
    if (this.#location === undefined) return
    try {
      const { location, lastByte } = await this.#request(ASK, { url: this.#location, isRepeatable: true })
      // `0-0` means nothing received or one byte received, depending on the registry.
      const sentBytes = this.#isTakenOver ? this.#transfer.source.sizeBytes : this.#passedBytes
      if (lastByte !== undefined && lastByte > 0 && lastByte < sentBytes) {
        this.#location = location
        this.#offset = lastByte + 1
        await this.#hashUpTo(this.#offset)
        this.#isTakenOver = false
        return
      }
    } catch (error) {
      // Without an answer the upload may well be there still, and the next attempt asks again.
      if (!(error instanceof ResponseError)) throw error
    }
    await this.#cancel()
    this.#isTakenOver = false
    this.#location = undefined
    this.#offset = 0
  }

  /** Reads the bytes that are there already, which another process has sent. */
  async #hashUpTo(end: number): Promise<void> {
    if (this.#passedBytes >= end) return
    if (this.#hash === undefined) {
      this.#passedBytes = end
      return
    }
    const stream = this.#transfer.source.open({ start: this.#passedBytes, end })
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.#transfer.signal?.throwIfAborted()
      this.#hash.update(chunk)
      this.#passedBytes += chunk.length
    }
  }

  /** Tells the registry to forget an upload that will not be finished; best effort, since registries also expire them. */
  async #cancel(): Promise<void> {
    if (this.#location === undefined) return
    const signal = AbortSignal.timeout(5000)
    await this.#request(CANCEL, { url: this.#location, isSingleAttempt: true, signal }).catch(() => undefined)
  }

  async #request(
    operation: Operation,
    request: {
      url: string | URL
      headers?: Record<string, string>
      openBody?: () => Readable
      isRepeatable?: boolean
      isSingleAttempt?: boolean
      signal?: AbortSignal
    },
  ): Promise<{ location: string; lastByte: number | undefined }> {
    const { repository, signal } = this.#transfer
    const scope = operation === CANCEL ? scopeOf(repository, 'delete') : scopeOf(repository, 'pull', 'push')
    return this.#authenticator.send(
      [scope],
      operation,
      { isRepeatable: false, signal, ...request },
      async ({ headers, body }) => {
        await body.dump()
        const location = headers.get('location')
        const isUsable = location !== null && URL.canParse(location, this.#connection.origin)
        if (!isUsable && (operation === START || operation === SEND)) {
          throw new UnexpectedAnswerError(operation, 'the registry did not say where the upload goes on (no Location).')
        }
        const lastByte = /^(?:bytes=)?0-(\d+)$/.exec(headers.get('range') ?? '')?.[1]
        return {
          location: isUsable ? location : String(request.url),
          lastByte: lastByte === undefined ? undefined : Number(lastByte),
        }
      },
    )
  }
}

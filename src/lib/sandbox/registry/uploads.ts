import { createHash, randomUUID, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { readWithoutDestroying, type BlobStore, type StoredBlob } from '../blob-store.js'
import { RegistryError } from './errors.js'

/**
 * A blob on its way in: a list of chunks, hashed as they arrive so that nothing is read again at the end.
 * `append`, `forget` and `finish` are to be called within {@link exclusive}.
 */
export class Upload {
  readonly id = randomUUID()
  private hash = createHash('sha256')
  private keys: string[] = []
  private receivedBytes = 0
  private isOpen = true
  private last: Promise<unknown> = Promise.resolve()

  /** @param onClosed called once, when the upload has been finished or given up */
  constructor(
    readonly repository: string,
    private readonly blobStore: BlobStore,
    private readonly onClosed: (upload: Upload) => void,
  ) {}

  get sizeBytes(): number {
    return this.receivedBytes
  }

  /**
   * Runs one action at a time. A client that lost its connection asks at once how much has arrived, and that answer is
   * only final when the chunk that broke has been put away.
   *
   * @throws RegistryError BLOB_UPLOAD_UNKNOWN when the upload was closed while the action waited
   */
  exclusive<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => {
      if (!this.isOpen) throw new RegistryError('BLOB_UPLOAD_UNKNOWN')
      return action()
    })
    this.last = result.catch(() => undefined)
    return result
  }

  /**
   * Appends a chunk. When its source breaks, what came before stays, so that the client can go on from there.
   *
   * @throws what the source throws, after keeping its bytes; what the disk throws, after giving up the upload; RegistryError
   *   BLOB_UPLOAD_UNKNOWN when the upload was cancelled meanwhile
   */
  async append(source: Readable): Promise<void> {
    const chunk = new HashedChunk(source, this.hash)
    let stored: StoredBlob
    try {
      stored = await this.blobStore.write(chunk)
    } catch (error) {
      await this.cancel()
      throw error
    }
    if (!this.isOpen) {
      await this.blobStore.remove(stored.key)
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN')
    }
    this.keys.push(stored.key)
    this.receivedBytes += stored.sizeBytes
    if (chunk.failure !== undefined) throw chunk.failure
  }

  /** Loses all that has arrived, as a registry does that has lost its disk; the upload stays open. */
  async forget(): Promise<void> {
    const keys = this.keys
    this.hash = createHash('sha256')
    this.keys = []
    this.receivedBytes = 0
    for (const key of keys) await this.blobStore.remove(key)
  }

  /** Ends the upload and returns the blob; undefined, with everything removed, when its digest is another one. */
  async finish(digest: string): Promise<StoredBlob | undefined> {
    if (`sha256:${this.hash.digest('hex')}` !== digest) {
      await this.cancel()
      return undefined
    }
    this.close()
    return await this.blobStore.concatenate(this.keys)
  }

  /** Gives the upload up and removes its bytes; one that is closed is left as it is. */
  async cancel(): Promise<void> {
    if (!this.isOpen) return
    this.close()
    for (const key of this.keys) await this.blobStore.remove(key)
  }

  private close(): void {
    this.isOpen = false
    this.onClosed(this)
  }
}

/** Hashes what passes. A source that breaks looks as if it had ended, since what came before is to be kept. */
class HashedChunk implements AsyncIterable<Uint8Array> {
  failure: Error | undefined

  constructor(
    private readonly source: Readable,
    private readonly hash: Hash,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const bytes of readWithoutDestroying(this.source)) {
        this.hash.update(bytes)
        yield bytes
      }
    } catch (error) {
      this.failure = error as Error
    }
  }
}

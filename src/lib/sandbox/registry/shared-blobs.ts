import type { Readable } from 'node:stream'
import type { ByteRange } from '../../content/byte-source.js'
import type { BlobStore, StoredBlob } from '../blob-store.js'

interface SharedBlob {
  readonly stored: StoredBlob
  linkCount: number
}

/** Blobs by digest, each stored once however many repositories have it, and removed with the last of them. */
export class SharedBlobs {
  private readonly blobs = new Map<string, SharedBlob>()

  constructor(private readonly blobStore: BlobStore) {}

  /** Takes over a stored blob, to be linked at once; false, and nothing taken, when its digest is known already. */
  add(digest: string, stored: StoredBlob): boolean {
    if (this.blobs.has(digest)) return false
    this.blobs.set(digest, { stored, linkCount: 0 })
    return true
  }

  /** Returns the size in bytes; undefined when there is no such blob. */
  sizeOf(digest: string): number | undefined {
    return this.blobs.get(digest)?.stored.sizeBytes
  }

  /** @throws RangeError when there is no such blob */
  storedAs(digest: string): StoredBlob {
    return this.find(digest).stored
  }

  /** @throws RangeError when there is no such blob, or the range does not lie within it */
  open(digest: string, range: ByteRange): Readable {
    return this.blobStore.open(this.storedAs(digest).key, range)
  }

  /** @throws RangeError when there is no such blob */
  link(digest: string): void {
    this.find(digest).linkCount++
  }

  /** Undoes one {@link link}; the last one removes the blob. */
  async unlink(digest: string): Promise<void> {
    const blob = this.find(digest)
    if (--blob.linkCount > 0) return
    this.blobs.delete(digest)
    await this.blobStore.remove(blob.stored.key)
  }

  private find(digest: string): SharedBlob {
    const blob = this.blobs.get(digest)
    if (blob === undefined) throw new RangeError(`No blob ${digest}`)
    return blob
  }
}

import { randomBytes } from 'node:crypto'
import type { BlobStore, StoredBlob } from './blob-store.js'
import { UnknownServerError } from './errors.js'

/** The size of all parts but the last, and the smallest that S3 takes for them. */
export const PART_SIZE_BYTES = 5 * 1024 * 1024

/** The largest part number of S3. */
const PARTS_LIMIT = 10_000

interface Part {
  readonly etag: string
  readonly blob: StoredBlob
}

interface Upload {
  readonly id: string
  /** By number. */
  readonly parts: Map<number, Part>
}

export interface CompletedPart {
  readonly ETag: string
  readonly PartNumber: number
}

/** The largest object of S3. Ranges of all parts are in memory, so there has to be an end to them. */
const SIZE_LIMIT_BYTES = 5 * 1024 ** 4

/** Returns the byte ranges of the parts, both ends inclusive. @throws UnknownServerError for more than S3 can hold */
export function planChunks(sizeBytes: number): { startByte: number; endByte: number }[] {
  if (sizeBytes > SIZE_LIMIT_BYTES) throw new UnknownServerError()
  return Array.from({ length: Math.ceil(sizeBytes / PART_SIZE_BYTES) }, (_, index) => {
    const startByte = index * PART_SIZE_BYTES
    return { startByte, endByte: Math.min(startByte + PART_SIZE_BYTES, sizeBytes) - 1 }
  })
}

/**
 * The open multipart uploads. The store behind a real instance is S3, and what it refuses reaches the client as 500
 * (observed for a wrong ETag); its other rules are from the S3 documentation of CompleteMultipartUpload.
 */
export class MultipartUploads {
  /** By the id of the file: each one has a single upload. */
  private readonly uploads = new Map<string, Upload>()

  constructor(private readonly blobs: BlobStore) {}

  /** Starts the upload of a file and returns its id. */
  start(fileId: string): string {
    const id = randomBytes(16).toString('hex')
    this.uploads.set(fileId, { id, parts: new Map() })
    return id
  }

  /**
   * Stores a part; one with the same number is replaced. Returns its ETag, quotes included, which is no digest.
   *
   * @throws UnknownServerError for an unknown upload, also one that ends meanwhile, or an impossible number
   */
  async addPart(fileId: string, uploadId: string, number: number, source: AsyncIterable<Uint8Array>): Promise<string> {
    const parts = this.partsOf(fileId, uploadId)
    if (!Number.isInteger(number) || number > PARTS_LIMIT) throw new UnknownServerError()
    const blob = await this.blobs.write(source)
    if (this.uploads.get(fileId)?.parts !== parts) {
      await this.blobs.remove(blob.key)
      throw new UnknownServerError()
    }
    const replaced = parts.get(number)?.blob
    const etag = `"${randomBytes(16).toString('hex')}"`
    parts.set(number, { etag, blob })
    if (replaced !== undefined) await this.blobs.remove(replaced.key)
    return etag
  }

  /**
   * Joins the parts and ends the upload. Parts that are not in the list are dropped.
   *
   * @throws UnknownServerError when the list is not in ascending order or does not fit what was uploaded
   */
  async finish(fileId: string, uploadId: string, completed: readonly CompletedPart[]): Promise<StoredBlob> {
    const parts = this.partsOf(fileId, uploadId)
    const chosen = completed.map((part, index) => {
      const found = parts.get(part.PartNumber)
      const isAscending = part.PartNumber > (completed[index - 1]?.PartNumber ?? 0)
      const isLargeEnough = index === completed.length - 1 || (found?.blob.sizeBytes ?? 0) >= PART_SIZE_BYTES
      if (found?.etag !== part.ETag || !isAscending || !isLargeEnough) throw new UnknownServerError()
      return found.blob.key
    })
    this.uploads.delete(fileId)
    const dropped = [...parts.values()].map(({ blob }) => blob.key).filter((key) => !chosen.includes(key))
    for (const key of dropped) await this.blobs.remove(key)
    return await this.blobs.concatenate(chosen)
  }

  /** Gives up the upload of a file and removes its bytes; a file without one is no error. */
  async abort(fileId: string): Promise<void> {
    const parts = this.uploads.get(fileId)?.parts.values() ?? []
    this.uploads.delete(fileId)
    for (const { blob } of parts) await this.blobs.remove(blob.key)
  }

  private partsOf(fileId: string, uploadId: string): Map<number, Part> {
    const upload = this.uploads.get(fileId)
    if (upload?.id !== uploadId) throw new UnknownServerError()
    return upload.parts
  }
}

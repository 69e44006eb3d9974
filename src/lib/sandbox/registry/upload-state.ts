import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What the distribution registry carries in an upload's URL. */
export interface UploadState {
  readonly uploadId: string
  /** What the upload had when the URL was made. */
  readonly offsetBytes: number
}

const SIGNATURE_BYTES = 32

/**
 * Packs upload states into the opaque `_state` parameter of an upload's URL and reads them back. Each one is different, so
 * that a client which makes up the URL or keeps an old one is found out.
 */
export class UploadStates {
  private readonly key = randomBytes(SIGNATURE_BYTES)

  pack(state: UploadState): string {
    const content = Buffer.from(JSON.stringify({ ...state, nonce: randomBytes(6).toString('hex') }))
    return Buffer.concat([this.sign(content), content]).toString('base64url')
  }

  /** Returns the state; undefined when it was not made by {@link pack}. */
  unpack(packed: string): UploadState | undefined {
    const bytes = Buffer.from(packed, 'base64url')
    const content = bytes.subarray(SIGNATURE_BYTES)
    if (bytes.length < SIGNATURE_BYTES) return undefined
    if (!timingSafeEqual(this.sign(content), bytes.subarray(0, SIGNATURE_BYTES))) return undefined
    return JSON.parse(content.toString()) as UploadState
  }

  private sign(content: Buffer): Buffer {
    return createHmac('sha256', this.key).update(content).digest()
  }
}

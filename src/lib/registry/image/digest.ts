import { createHash } from 'node:crypto'

export type Sha256Digest = `sha256:${string}`

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** Returns the digest of the bytes in the notation of registries (OCI image-spec, descriptor.md, "Digests"). */
export function computeDigest(bytes: Uint8Array): Sha256Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Returns whether the text is a digest of one of the two registered algorithms, SHA-256 and SHA-512. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

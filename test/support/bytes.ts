import { createHash } from 'node:crypto'
import type { ByteSource } from '../../src/lib/content/byte-source.js'
import { syntheticSource } from '../../src/lib/content/sources.js'

/** Noise of a size, the same at every call. */
export function noise(sizeBytes: number): ByteSource {
  return syntheticSource({ sizeBytes, fill: 'noise', seed: 'test', name: 'noise' })
}

/** The digest in the notation of registries. */
export function sha256(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

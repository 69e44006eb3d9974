import { createHash } from 'node:crypto'

import type { ByteSource } from '../../content/byte-source.js'
import { joinSources } from '../../content/join-sources.js'
import type { Fill } from '../../content/lazy-stream.js'
import { assertSizeBytes } from '../../content/range.js'
import { bufferSource, syntheticSource } from '../../content/sources.js'
import { computeDigest, type Sha256Digest } from './digest.js'
import { createEmptyArchive, MIN_GZIP_BYTES } from './empty-archive.js'
import { MediaType } from './media-types.js'
import { createTarHeader, TAR_BLOCK_BYTES, TAR_END_BYTES } from './tar.js'

const MIN_TAR_BYTES = TAR_BLOCK_BYTES + TAR_END_BYTES

export interface LayerOptions {
  readonly sizeBytes: number
  readonly seed: string
  /** Tells layers of one size and seed apart, such as `my-image:1.0.0 layer 3`. */
  readonly name: string
  /** What the file in the layer holds. Default: noise. */
  readonly fill?: Fill
}

export interface Layer {
  readonly source: ByteSource
  readonly mediaType: string
  /** The digest of the uncompressed layer for the image's config (OCI image-spec, config.md, "Layer DiffID"). */
  readonly diffId: Sha256Digest | 'same-as-digest'
}

/**
 * Returns a layer of exactly `sizeBytes`, whose bytes no other seed, name or size has, as far as a few bytes can differ.
 * Depending on the size it is:
 *
 * - from 1536 bytes on a tar with a single file. The file takes all that whole blocks can; what is left below a block is
 *   zeros behind the end of the archive, where readers no longer look.
 * - from 20 bytes on a gzip member of a tar without files, padded in its header.
 * - below that opaque bytes, since no layer that an engine could unpack is so small; an artifact may have such.
 *
 * @throws RangeError when the size is none
 */
export function createLayer({ sizeBytes, seed, name, fill = 'noise' }: LayerOptions): Layer {
  assertSizeBytes(sizeBytes)
  const identity = JSON.stringify(['bailo-exp layer', seed, name, sizeBytes])
  if (sizeBytes >= MIN_TAR_BYTES) {
    const restBytes = sizeBytes - MIN_TAR_BYTES
    const fileBytes = restBytes - (restBytes % TAR_BLOCK_BYTES)
    const source = joinSources([
      bufferSource(createTarHeader(`layer-${expand(identity, 16).toString('hex')}.bin`, fileBytes)),
      syntheticSource({ sizeBytes: fileBytes, fill, seed, name: identity }),
      bufferSource(Buffer.alloc(sizeBytes - TAR_BLOCK_BYTES - fileBytes)),
    ])
    return { source, mediaType: MediaType.LayerTar, diffId: 'same-as-digest' }
  }
  if (sizeBytes >= MIN_GZIP_BYTES) {
    const { bytes, content } = createEmptyArchive(sizeBytes, expand(identity, sizeBytes))
    return { source: bufferSource(bytes), mediaType: MediaType.LayerTarGzip, diffId: computeDigest(content) }
  }
  return {
    source: bufferSource(expand(identity, sizeBytes)),
    mediaType: MediaType.Opaque,
    diffId: 'same-as-digest',
  }
}

/** Returns as many bytes as asked for that are a function of the text. */
function expand(text: string, lengthBytes: number): Buffer {
  return createHash('shake256', { outputLength: lengthBytes }).update(text).digest()
}

import { pipeline, Transform, type Readable } from 'node:stream'

/**
 * Shows each chunk of a stream to `onChunk` on its way, without copying it. Destroying either end destroys the other, and
 * a source that fails or breaks off fails the result.
 */
export function tap(source: Readable, onChunk: (chunk: Uint8Array) => void): Readable {
  const passage = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Uint8Array, _encoding, done) {
      onChunk(chunk)
      done(null, chunk)
    },
  })
  // The reader of the passage is told of a failure by the passage itself.
  return pipeline(source, passage, () => undefined)
}

import { Transform, type Readable } from 'node:stream'

/**
 * Shows each chunk of a stream to `onChunk` on its way, without copying it. Destroying either end destroys the other.
 */
export function tap(source: Readable, onChunk: (chunk: Uint8Array) => void): Readable {
  const passage = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Uint8Array, _encoding, done) {
      onChunk(chunk)
      done(null, chunk)
    },
    destroy(error, done) {
      source.destroy()
      done(error)
    },
  })
  source.once('error', (error) => passage.destroy(error))
  return source.pipe(passage)
}

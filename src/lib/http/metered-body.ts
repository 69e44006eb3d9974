import type { Readable } from 'node:stream'
import { tap } from './tap.js'

/** Reports bytes as they leave; a negative number takes back what an attempt that failed had reported. */
export type OnBytes = (delta: number) => void

/**
 * Wraps a function that opens a request body so that its bytes are counted once, however often the body is opened
 * again for a retry.
 */
export function meterBody(open: () => Readable, onBytes: OnBytes | undefined): () => Readable {
  if (onBytes === undefined) return open
  let counted = 0
  return () => {
    if (counted > 0) onBytes(-counted)
    counted = 0
    return tap(open(), (chunk) => {
      counted += chunk.length
      onBytes(chunk.length)
    })
  }
}

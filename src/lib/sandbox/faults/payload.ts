import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Pauses } from '../pauses.js'

/** The body of an answer, whatever the framework has it as. */
export interface Payload {
  /** To be read at most once. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Undefined when nobody knows yet. */
  readonly sizeBytes: number | undefined
}

export function readPayload(reply: FastifyReply, payload: unknown): Payload {
  if (payload instanceof Readable) {
    const declared = reply.getHeader('content-length')
    return { chunks: payload, sizeBytes: declared === undefined ? undefined : Number(declared) }
  }
  const bytes = toBuffer(payload)
  return { chunks: Readable.from([bytes]), sizeBytes: bytes.length }
}

function toBuffer(payload: unknown): Buffer {
  if (Buffer.isBuffer(payload)) return payload
  return Buffer.from(typeof payload === 'string' ? payload : '')
}

/** The first bytes of the chunks; the rest is not read. */
export async function* limitBytes(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let leftBytes = limit
  if (leftBytes === 0) return
  for await (const chunk of chunks) {
    yield chunk.subarray(0, leftBytes)
    leftBytes -= chunk.length
    if (leftBytes <= 0) return
  }
}

/** Pieces per second, where the rate allows. */
const PIECES_PER_SECOND = 20

/** The same bytes at a rate, in small pieces. They end early when the application is closed. */
export async function* pace(
  chunks: AsyncIterable<Uint8Array>,
  bytesPerSecond: number,
  pauses: Pauses,
): AsyncGenerator<Uint8Array> {
  const pieceBytes = Math.ceil(bytesPerSecond / PIECES_PER_SECOND)
  const startMs = performance.now()
  let sentBytes = 0
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length; offset += pieceBytes) {
      const piece = chunk.subarray(offset, offset + pieceBytes)
      sentBytes += piece.length
      const dueMs = startMs + (sentBytes / bytesPerSecond) * 1000
      if (!(await pauses.wait(dueMs - performance.now()))) return
      yield piece
    }
  }
}

import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { readWithoutDestroying } from '../blob-store.js'
import type { Fault } from './engine.js'

/**
 * Returns a body that gives so many bytes, and then breaks like one whose sender has gone, because the connection is reset.
 * One that is shorter is given whole, and the fault missed.
 */
export function resetAfter(body: Readable, afterBytes: number, socket: Socket, fault: Pick<Fault, 'miss'>): Readable {
  return Readable.from(readUntil(body, afterBytes, socket, fault), { objectMode: false })
}

async function* readUntil(body: Readable, afterBytes: number, socket: Socket, fault: Pick<Fault, 'miss'>) {
  let leftBytes = afterBytes
  for await (const chunk of readWithoutDestroying(body)) {
    yield chunk.subarray(0, leftBytes)
    leftBytes -= chunk.length
    if (leftBytes > 0) continue
    socket.resetAndDestroy()
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  }
  fault.miss()
}

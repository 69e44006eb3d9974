import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A pace that several bodies have in common. */
export interface Pace {
  readonly bytesPerSecond: number
  /** Returns how long to wait, in milliseconds, until so many bytes more are within the pace. */
  reserve(lengthBytes: number): number
}

/** A body that is cut into parts this often per second keeps a slow pace evenly. */
const PARTS_PER_SECOND = 10

/** Wraps a body so that it leaves at the pace. Destroying either end destroys the other. */
export function paceBody(body: Readable, pace: Pace): Readable {
  return Readable.from(takeParts(body, pace), { objectMode: false, highWaterMark: 1 })
}

async function* takeParts(body: Readable, pace: Pace): AsyncGenerator<Uint8Array> {
  const partBytes = Math.ceil(pace.bytesPerSecond / PARTS_PER_SECOND)
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    for (let start = 0; start < chunk.length; start += partBytes) {
      const part = chunk.subarray(start, start + partBytes)
      const waitMs = pace.reserve(part.length)
      if (waitMs > 0) await sleep(waitMs)
      yield part
    }
  }
}

/** Time that a reader that stalls may catch up. Late timers are made good, a longer pause does not end in a burst. */
const MAX_CATCH_UP_MS = 1000

/** Keeps one stream, or all streams that share it, below a rate together. */
export class Pacer {
  readonly bytesPerSecond: number
  #nextDueMs = 0

  /** @throws RangeError unless the rate is a whole number of bytes per second from 1 on */
  constructor(bytesPerSecond: number) {
    if (!Number.isSafeInteger(bytesPerSecond) || bytesPerSecond < 1) {
      throw new RangeError(`A rate must be a whole number of bytes per second from 1 on, got ${bytesPerSecond}`)
    }
    this.bytesPerSecond = bytesPerSecond
  }

  /** Returns how long to wait, in milliseconds, until so many bytes more are within the rate. */
  reserve(lengthBytes: number): number {
    const nowMs = performance.now()
    const busyUntilMs = this.#nextDueMs === 0 ? nowMs : Math.max(this.#nextDueMs, nowMs - MAX_CATCH_UP_MS)
    this.#nextDueMs = busyUntilMs + (lengthBytes / this.bytesPerSecond) * 1000
    return this.#nextDueMs - nowMs
  }
}

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Waits that end at once when the application is closed. */
export class Pauses {
  private readonly controller = new AbortController()

  constructor() {
    // Each wait listens for the end, and there may be as many of them as there are requests.
    setMaxListeners(0, this.controller.signal)
  }

  addTo(app: FastifyInstance): void {
    app.addHook('preClose', (done) => {
      this.controller.abort()
      done()
    })
  }

  /** Returns true when the time has passed, false when the application was closed before. */
  async wait(durationMs: number): Promise<boolean> {
    if (durationMs <= 0) return !this.controller.signal.aborted
    return sleep(durationMs, true, { signal: this.controller.signal }).catch(() => false)
  }

  /** Lets a request wait before it goes on. Once the application is closed it does not: it goes unanswered, and does nothing. */
  async waitWith(reply: FastifyReply, durationMs: number, goOn: () => void): Promise<void> {
    if (await this.wait(durationMs)) return goOn()
    reply.hijack()
    reply.request.raw.socket.destroy()
  }
}

import type { FastifyInstance } from 'fastify'
import { isForControl } from './control-path.js'
import { Pauses } from './pauses.js'
import { isForRegistry } from './registry/index.js'

/** What checking the keys of a request takes. */
export interface TokenCost {
  /** Of one core. */
  readonly costMs: number
  /** How many requests are checked at the same time; the others wait for their turn. */
  readonly cores: number
}

/**
 * Makes requests with keys take the time that a real instance's check of them takes: Argon2id, for each request anew, about
 * 165 ms of a core (observed). Nothing is computed: requests wait as long as they would. The registry checks tokens of its
 * own, which costs next to nothing, but whoever wants one of them pays for it.
 */
export class TokenChecks {
  private readonly pauses = new Pauses()
  /** When each core will have done all that it was given. */
  private busyUntilMs: number[] = []
  private costMs = 0

  /** Sets another cost; undefined: checks take no time. Requests that wait already go on as they would have. */
  change(cost: TokenCost | undefined): void {
    this.costMs = cost?.costMs ?? 0
    this.busyUntilMs = new Array<number>(cost?.cores ?? 0).fill(0)
  }

  /** Adds the checks to an application, behind the parser of JSON: a client that goes away meanwhile gets what it asked for. */
  addTo(app: FastifyInstance): void {
    this.pauses.addTo(app)
    app.addHook('preValidation', ({ headers, url }, reply, done) => {
      const isFree = headers.authorization === undefined || isForControl(url) || isForRegistry(url)
      if (this.costMs === 0 || isFree) return done()
      void this.pauses.waitWith(reply, this.enqueue(), done)
    })
  }

  /** Gives a check to the core that is free first, and returns in how many milliseconds it will be done. */
  private enqueue(): number {
    const nowMs = performance.now()
    const core = this.busyUntilMs.indexOf(Math.min(...this.busyUntilMs))
    const doneMs = Math.max(this.busyUntilMs[core] ?? 0, nowMs) + this.costMs
    this.busyUntilMs[core] = doneMs
    return doneMs - nowMs
  }
}

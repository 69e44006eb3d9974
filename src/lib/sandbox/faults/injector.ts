import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForControl } from '../control-path.js'
import { Pauses } from '../pauses.js'
import type { RegistryFault } from '../registry/index.js'
import { alterAnswer } from './alter-answer.js'
import { FaultEngine, type Fault, type RuleCounts } from './engine.js'
import { prepareErrorAnswer } from './error-answer.js'
import { linger } from './linger.js'
import { resetAfter } from './request-body.js'
import type { FaultRule } from './rule.js'

/** Makes requests go wrong on demand. */
export class FaultInjector {
  private readonly engine = new FaultEngine()
  private readonly pauses = new Pauses()
  private readonly faults = new WeakMap<FastifyRequest, Fault>()

  /** Replaces all rules, and counts from the start. */
  change(rules: readonly FaultRule[]): void {
    this.engine.change(rules)
  }

  /** Per rule how many calls of its route there were, and how many of them it was for; in the order of the rules. */
  get counts(): RuleCounts[] {
    return this.engine.counts
  }

  /** To be called before hooks are added that only see what the faults leave of a request. */
  addTo(app: FastifyInstance): void {
    this.pauses.addTo(app)
    app.addHook('onRequest', (request, reply, done) => {
      const fault = isForControl(request.url) ? undefined : this.engine.decide(request)
      if (fault === undefined) return done()
      this.faults.set(request, fault)
      void this.begin(fault, reply, done)
    })
    app.addHook('preParsing', (request, _reply, body, done) => {
      const fault = this.faults.get(request)
      if (fault?.outcome?.kind !== 'reset-request') return done(null, body)
      done(null, resetAfter(body as Readable, fault.outcome.afterBytes, request.raw.socket, fault))
    })
    app.addHook('preValidation', (request, reply, done) => {
      const fault = this.faults.get(request)
      if (fault === undefined || fault.delayMs === 0) return done()
      // Not before: JSON is in by now, and is acted on even if the client does not wait for that, as on a real instance.
      void this.pauses.waitWith(reply, fault.delayMs, done)
    })
    app.addHook('onSend', (request, reply, payload, done) => {
      const fault = this.faults.get(request)
      if (fault === undefined) return done(null, payload)
      // An answer that fails while it is sent may be followed by a second one, about that.
      this.faults.delete(request)
      alterAnswer(fault, reply, payload, this.pauses).then((altered) => done(null, altered), done)
    })
  }

  /** What the registry is to do wrong in a request; undefined when nothing. */
  registryFaultOf(request: FastifyRequest): RegistryFault | undefined {
    const fault = this.faults.get(request)
    const kind = fault?.outcome?.kind
    return kind === 'forget-offset' || kind === 'expire-token' ? { kind, miss: () => fault?.miss() } : undefined
  }

  /** Does what needs nothing of the request but its head. */
  private async begin({ outcome, rule = '', delayMs }: Fault, reply: FastifyReply, done: () => void): Promise<void> {
    if (outcome?.kind === 'answer') {
      await this.pauses.waitWith(reply, delayMs, () => {
        reply.send(linger(reply, prepareErrorAnswer(outcome.answer, reply, rule)))
      })
    } else if (outcome?.kind === 'reset-request' && outcome.afterBytes === 0) {
      await this.pauses.waitWith(reply, delayMs, () => {
        reply.hijack()
        reply.request.raw.socket.resetAndDestroy()
      })
    } else {
      done()
    }
  }
}

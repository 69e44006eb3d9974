import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { matchesRoute } from './route-selector.js'
import type { Effect, FaultRule, Outcome, Trigger } from './rule.js'

/** What the engine has to know of a request. */
export interface FaultCall {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** What is to become of one call. */
export interface Fault extends Effect {
  /** The rule that ends the call; undefined when it is only slowed down. */
  readonly rule: string | undefined
  /** To be called when it turns out that there was nothing for the outcome to spoil: then the next call is for it. */
  miss(): void
  readonly isMissed: boolean
}

/** How often a rule was asked, and how often its time had come. */
export interface RuleCounts {
  readonly rule: string
  readonly calls: number
  readonly hits: number
}

/** Decides which calls go wrong, and how. It remembers two numbers per rule, whatever the number of calls. */
export class FaultEngine {
  private rules: readonly ActiveRule[] = []

  /** Replaces all rules, and counts from the start. */
  change(rules: readonly FaultRule[]): void {
    this.rules = rules.map((rule) => new ActiveRule(rule))
  }

  get counts(): RuleCounts[] {
    return this.rules.map(({ rule, calls, hits }) => ({ rule: rule.text, calls, hits }))
  }

  /**
   * Returns what is to become of a call; undefined when nothing. Rules are asked in order. One that only slows lets the call
   * go on to the next; the first one that ends it is the last that sees it.
   */
  decide(call: FaultCall): Fault | undefined {
    const slowing: Effect[] = []
    for (const active of this.rules) {
      if (!matchesRoute(active.rule.route, call.method, call.url) || !active.take(call)) continue
      if (active.rule.effect.outcome !== undefined) return combine([...slowing, active.rule.effect], active)
      slowing.push(active.rule.effect)
    }
    return slowing.length === 0 ? undefined : combine(slowing, undefined)
  }
}

class ActiveRule {
  calls = 0
  hits = 0

  constructor(readonly rule: FaultRule) {}

  /** Counts a call; true when this is one that the rule is for. */
  take(call: FaultCall): boolean {
    this.calls++
    const { trigger, effect } = this.rule
    if (this.hits >= trigger.limit || !isChosen(trigger, this.calls)) return false
    if (effect.outcome !== undefined && !canApply(effect.outcome, call)) return false
    this.hits++
    return true
  }
}

/** @param number of the call, from 1 on */
function isChosen({ after, every, probability, seed }: Trigger, number: number): boolean {
  if (number <= after || (number - after) % every !== 0) return false
  return probability === 1 || draw(seed, number) < probability
}

/** Returns a number from 0 to below 1 that depends on nothing else, so that calls at the same time make no difference. */
function draw(seed: string, number: number): number {
  return createHash('sha256').update(`${seed}\n${number}`).digest().readUInt32BE() / 2 ** 32
}

/** False when the head of the request tells that there is nothing to spoil. */
function canApply(outcome: Outcome, { method, url, headers }: FaultCall): boolean {
  switch (outcome.kind) {
    case 'reset-request':
      return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) >= outcome.afterBytes
    case 'forget-offset':
      return /^\/v2\/.+\/blobs\/uploads\/[^/?]/.test(url) && method !== 'DELETE'
    case 'expire-token':
      return /^\/v2\//.test(url) && /^Bearer /i.test(headers.authorization ?? '')
    case 'answer':
    case 'lost':
    case 'reset-response':
    case 'truncate':
    case 'wrong-length':
      return true
  }
}

/** Adds up what slows, of which the last effect has the outcome. */
function combine(effects: readonly Effect[], ending: ActiveRule | undefined): Fault {
  const rates = effects.map((one) => one.trickleBytesPerSecond).filter((one) => one !== undefined)
  let isMissed = false
  return {
    delayMs: effects.reduce((sum, one) => sum + one.delayMs, 0),
    holdMs: effects.reduce((sum, one) => sum + one.holdMs, 0),
    trickleBytesPerSecond: rates.length === 0 ? undefined : Math.min(...rates),
    outcome: effects.at(-1)?.outcome,
    rule: ending?.rule.text,
    miss: () => {
      if (ending === undefined || isMissed) return
      isMissed = true
      ending.hits--
    },
    get isMissed() {
      return isMissed
    },
  }
}

import type { FastifyInstance, FastifyReply } from 'fastify'
import { findTimerDuration } from '../content/duration.js'
import { UsageError } from '../errors.js'
import { isForControl } from './control-path.js'
import { isForRegistry } from './registry/index.js'

export interface RateLimit {
  /** How many requests an address may make in one window. */
  readonly requests: number
  /** How long a window is; it begins with the first request of an address. */
  readonly windowMs: number
}

interface Count {
  requests: number
  readonly endsAtMs: number
}

/**
 * Reads a limit such as `100/15m`: so many requests in so many milliseconds (ms), seconds (s), minutes (m), hours (h) or days (d).
 *
 * @throws UsageError for anything else, also for no request and no time at all
 */
export function parseRateLimit(text: string): RateLimit {
  const [, requests, window = ''] = /^(\d{1,9})\/(.+)$/.exec(text) ?? []
  const limit = { requests: Number(requests), windowMs: findTimerDuration(window) ?? 0 }
  if (limit.requests > 0 && limit.windowMs > 0) return limit
  throw new UsageError(`${JSON.stringify(text)} is no rate limit.`, [
    'write requests and the time they may be made in, for example 100/15m',
  ])
}

/**
 * Refuses the requests of an address beyond a limit, with the headers and the answer of the library that Bailo uses,
 * express-rate-limit with nothing set but limit and window: 100 in 15 minutes, in its published main (from Bailo's source).
 */
export class RateLimiter {
  private readonly counts = new Map<string, Count>()

  /** @param limit undefined: nothing is counted, and no answer has the headers */
  constructor(private limit: RateLimit | undefined) {}

  /** Sets another limit, and counts from the start. */
  change(limit: RateLimit | undefined): void {
    this.limit = limit
    this.counts.clear()
  }

  /**
   * Adds the limiter to an application. It stands behind the proxy and the parser of JSON bodies, in front of everything
   * else that Bailo itself answers; the registry is a server of its own.
   */
  addTo(app: FastifyInstance): void {
    app.addHook('preValidation', async ({ url, ip }, reply) => {
      if (this.limit === undefined || isForRegistry(url) || isForControl(url)) return
      await this.count(this.limit, ip, reply)
    })
  }

  private async count({ requests: limit, windowMs }: RateLimit, address: string, reply: FastifyReply): Promise<void> {
    const nowMs = Date.now()
    const { requests, endsAtMs } = this.note(address, windowMs, nowMs)
    reply.headers({
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': Math.max(limit - requests, 0),
      'x-ratelimit-reset': Math.ceil(endsAtMs / 1000),
    })
    if (requests <= limit) return
    const waitSeconds = Math.max(Math.ceil((endsAtMs - nowMs) / 1000), 0)
    await reply
      .code(429)
      .headers({ 'retry-after': waitSeconds, 'content-type': 'text/html; charset=utf-8' })
      .send('Too many requests, please try again later.')
  }

  private note(address: string, windowMs: number, nowMs: number): Count {
    const present = this.counts.get(address)
    const count =
      present !== undefined && present.endsAtMs > nowMs ? present : { requests: 0, endsAtMs: nowMs + windowMs }
    count.requests++
    this.counts.set(address, count)
    return count
  }
}

import { describe, expect, it, vi } from 'vitest'
import { ConnectionError } from '../../src/lib/http/errors.js'
import { CircuitBreaker } from '../../src/lib/run/circuit-breaker.js'
import { Run } from '../../src/lib/run/run.js'
import { exitCodeOf } from '../../src/lib/experiments/result.js'
import { failureOf } from '../support/client.js'

/** Feeds attempts at these seconds, and says at which of them it was time to stop. */
function feed(attempts: readonly (readonly [second: number, hasFailed: boolean])[]): number | undefined {
  let second = 0
  const breaker = new CircuitBreaker(() => second * 1000)
  for (const [at, hasFailed] of attempts) {
    second = at
    if (breaker.note(hasFailed)) return at
  }
  return undefined
}

const each = (from: number, to: number, hasFailed: boolean, perSecond = 1) =>
  Array.from({ length: (to - from) * perSecond }, (_, index) => [from + index / perSecond, hasFailed] as const)

describe('the circuit breaker', () => {
  it('opens when most attempts have failed for a quarter of a minute', () => {
    expect(feed(each(0, 60, true))).toBe(15)
    expect(feed([...each(0, 3, false), ...each(3, 60, true)])).toBe(18)
  })

  it('stays shut while a server restarts, however many attempts fail', () => {
    expect(feed([...each(0, 10, true, 50), ...each(10, 60, false)])).toBeUndefined()
  })

  it('stays shut when a good part succeeds, or few are made', () => {
    const mixed = each(0, 120, true).flatMap((failed, index) =>
      index % 3 === 0 ? [failed, [failed[0], false] as const] : [failed],
    )
    expect(feed(mixed)).toBeUndefined()
    expect(feed(each(0, 600, true).filter((_, index) => index % 5 === 0))).toBeUndefined()
  })

  it('forgets what is long ago', () => {
    expect(feed([...each(0, 14, true), ...each(100, 112, true)])).toBeUndefined()
  })
})

describe('a run', () => {
  const lost = new ConnectionError(
    { method: 'GET', path: '/' },
    'http://a',
    Object.assign(new Error('raw'), { code: 'ECONNRESET' }),
    false,
  )

  it.each([
    [true, 4],
    [false, 3],
  ])('that the breaker stops begins no more steps; something was made: %s', async (isBegun, exitCode) => {
    const run = new Run({ concurrency: 1, isDryRun: false })
    if (isBegun) await run.step({ kind: 'x', name: 'x', planned: 0 }, () => Promise.resolve(1))
    let ms = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => ms)
    for (; run.stopReason === undefined && ms < 60_000; ms += 1000) run.noteAttempt(lost)
    clock.mockRestore()
    expect(await failureOf(run.step({ kind: 'x', name: 'y', planned: 0 }, () => Promise.resolve(1)))).toBe(
      run.stopReason,
    )
    expect(run.stopReason).toMatchObject({ name: 'ServerFailingError' })
    expect(exitCodeOf(run.report(), 0, run.stopReason)).toBe(exitCode)
  })
})

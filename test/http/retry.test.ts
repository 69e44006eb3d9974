import { describe, expect, it } from 'vitest'
import { ConnectionError, ResponseError, UnexpectedAnswerError } from '../../src/lib/http/errors.js'
import { withRetries, type RetryPolicy } from '../../src/lib/http/retry.js'
import { failureOf, QUICK } from '../support/client.js'

const OPERATION = { method: 'GET', path: '/x' }
const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' })
const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' })

const answer = (status: number, retryAfterMs?: number): ResponseError =>
  new ResponseError(OPERATION, { origin: 'http://bailo.example', status, serverMessage: 'm', retryAfterMs })
const broken = (cause: Error, isFirstContact = false): ConnectionError =>
  new ConnectionError(OPERATION, 'http://a', cause, isFirstContact)

/** Runs attempts that fail with the errors in order and then succeed; says how it went. */
async function run(
  failures: readonly Error[],
  { policy = QUICK, isRepeatable = true }: { policy?: RetryPolicy; isRepeatable?: boolean } = {},
): Promise<{ attempts: number[]; retries: Error[]; outcome: unknown }> {
  const attempts: number[] = []
  const retries: Error[] = []
  const options = { policy, isRepeatable, onRetry: (failure: Error) => void retries.push(failure) }
  const running = withRetries(options, (number) => {
    attempts.push(number)
    const failure = failures[number]
    return failure ? Promise.reject(failure) : Promise.resolve('done')
  })
  return { attempts, retries, outcome: await running.catch((error: unknown) => error) }
}

describe('what is tried again', () => {
  it.each([
    ['429', answer(429), true, true],
    ['503', answer(503), true, true],
    ['425', answer(425), true, true],
    ['502', answer(502), true, false],
    ['504', answer(504), true, false],
    ['408', answer(408), true, false],
    ['500', answer(500), false, false],
    ['400', answer(400), false, false],
    ['401', answer(401), false, false],
    ['404', answer(404), false, false],
    ['416', answer(416), false, false],
    ['a reset', broken(RESET), true, false],
    ['a refused connection', broken(REFUSED), true, true],
    ['a refused connection at first contact', broken(REFUSED, true), false, false],
    ['a reset at first contact', broken(RESET, true), false, false],
    ['an answer that does not fit', new UnexpectedAnswerError(OPERATION, 'x'), false, false],
    ['a defect', new TypeError('x is not a function'), false, false],
  ])('%s', async (_case, failure, againIfRepeatable, againIfNot) => {
    for (const [isRepeatable, again] of [
      [true, againIfRepeatable],
      [false, againIfNot],
    ] as const) {
      const { attempts, outcome } = await run([failure], { isRepeatable })
      expect({ isRepeatable, attempts, outcome }).toEqual(
        again ? { isRepeatable, attempts: [0, 1], outcome: 'done' } : { isRepeatable, attempts: [0], outcome: failure },
      )
    }
  })

  it('is tried at most as often as the policy says, and each time is told', async () => {
    const failures = Array.from({ length: 10 }, () => answer(503))
    const { attempts, retries, outcome } = await run(failures, { policy: { ...QUICK, maxRetries: 3 } })
    expect(attempts).toEqual([0, 1, 2, 3])
    expect(retries).toEqual(failures.slice(0, 3))
    expect(outcome).toBe(failures[3])
  })

  it('is not tried at all with a policy without retries', async () => {
    const { attempts } = await run([answer(503)], { policy: { ...QUICK, maxRetries: 0 } })
    expect(attempts).toEqual([0])
  })
})

describe('waiting', () => {
  it('does not outlast the time that the policy allows', async () => {
    const policy = { maxRetries: 5, maxElapsedMs: 1000, baseDelayMs: 10_000, maxDelayMs: 10_000 }
    expect(await run([answer(503)], { policy })).toMatchObject({ attempts: [0], retries: [] })
  })

  it('is cut to the longest delay of the policy', async () => {
    const policy = { maxRetries: 5, maxElapsedMs: 30_000, baseDelayMs: 100_000, maxDelayMs: 1 }
    expect((await run([answer(503), answer(503)], { policy })).attempts).toEqual([0, 1, 2])
  })

  it('does not happen when the server asks for more time than the policy allows', async () => {
    const policy = { ...QUICK, maxElapsedMs: 60_000 }
    const failure = answer(429, 60_001)
    expect(await run([failure], { policy })).toEqual({ attempts: [0], retries: [], outcome: failure })
  })

  it('is not cut short when the server asks for more than the longest delay', async () => {
    const controller = new AbortController()
    let attempts = 0
    const running = withRetries(
      {
        policy: { ...QUICK, maxElapsedMs: 3_600_000 },
        isRepeatable: true,
        signal: controller.signal,
        // With the policy's delay of a millisecond the next attempt would come long before this.
        onRetry: () => void setTimeout(() => controller.abort(new Error('enough')), 50),
      },
      () => {
        attempts++
        return Promise.reject(answer(503, 600_000))
      },
    )
    expect(await failureOf(running)).toEqual(new Error('enough'))
    expect(attempts).toBe(1)
  })

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const running = withRetries(
      {
        policy: { ...QUICK, baseDelayMs: 20_000, maxDelayMs: 20_000 },
        isRepeatable: true,
        signal: controller.signal,
        onRetry: () => controller.abort(reason),
      },
      () => Promise.reject(answer(503)),
    )
    expect(await failureOf(running)).toBe(reason)
  })

  it('does not begin after an abort', async () => {
    const failure = answer(503)
    const retries: Error[] = []
    const running = withRetries(
      { policy: QUICK, isRepeatable: true, signal: AbortSignal.abort(), onRetry: (error) => void retries.push(error) },
      () => Promise.reject(failure),
    )
    expect(await failureOf(running)).toBe(failure)
    expect(retries).toEqual([])
  })
})

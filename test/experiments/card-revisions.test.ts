import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ExitCode, ExpectedError } from '../../src/lib/errors.js'
import { planCards } from '../../src/lib/experiments/model-card-revisions/card-plan.js'
import { forEachPaced } from '../../src/lib/experiments/model-card-revisions/pace.js'
import { VersionRaces } from '../../src/lib/experiments/model-card-revisions/races.js'
import { ResponseError } from '../../src/lib/http/errors.js'
import { Run } from '../../src/lib/run/run.js'

const never = new AbortController().signal
// As a run does with its own: one listener per waiting racer.
setMaxListeners(0, never)
const newRun = (concurrency: number, signal = never) => new Run({ concurrency, isDryRun: false, signal })
const refusal = (status: number) =>
  new ResponseError({ method: 'PUT', path: '/x' }, { origin: 'http://x', status, serverMessage: 'no' })

describe('the pace', () => {
  it('starts groups together, one group per interval', async () => {
    const starts: number[] = []
    const options = { count: 6, intervalMs: 150, keepGoing: false }
    await forEachPaced(newRun(2), options, async (index, onStart) => {
      onStart()
      starts[index - 1] = performance.now()
      await sleep(5)
    })
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
    for (const index of [1, 3]) expect(gaps[index]).toBeGreaterThanOrEqual(140)
    for (const index of [0, 2, 4]) expect(gaps[index]).toBeLessThan(100)
  })

  it('never has more under way than there are places, and waits for none that was there already', async () => {
    let running = 0
    let most = 0
    const options = { count: 20, intervalMs: 0, keepGoing: false }
    await forEachPaced(newRun(3), options, async (_index, onStart) => {
      onStart()
      most = Math.max(most, ++running)
      await sleep(2)
      running--
    })
    expect(most).toBe(3)
    // Nothing began: a later attempt of a run that has all this.
    await forEachPaced(newRun(3), { ...options, intervalMs: 3_600_000 }, async () => Promise.resolve())
  })

  it('ends a long wait at once when it is interrupted, or when something fails', async () => {
    const controller = new AbortController()
    const begun: number[] = []
    const options = { count: 3, intervalMs: 3_600_000, keepGoing: false }
    setTimeout(() => controller.abort(), 50)
    await forEachPaced(newRun(1, controller.signal), options, async (index, onStart) => {
      onStart()
      begun.push(index)
      return Promise.resolve()
    })
    expect(begun).toEqual([1])

    await forEachPaced(newRun(2), options, async (index, onStart) => {
      onStart()
      await sleep(20)
      if (index === 2) throw new ExpectedError('failed', { exitCode: ExitCode.Usage })
    })
  })

  it('goes on after a failure only when asked to, and passes on what nobody expected', async () => {
    const begun: number[] = []
    const fail = async (index: number) => {
      begun.push(index)
      return Promise.reject(new ExpectedError('failed', { exitCode: ExitCode.Usage }))
    }
    const options = { count: 3, intervalMs: 0, keepGoing: true }
    await forEachPaced(newRun(1), options, fail)
    await forEachPaced(newRun(1), { ...options, keepGoing: false }, fail)
    expect(begun).toEqual([1, 2, 3, 1])
    const defect = new TypeError('a defect')
    await expect(forEachPaced(newRun(1), options, () => Promise.reject(defect))).rejects.toBe(defect)
  })
})

describe('a race for the next version', () => {
  const options = { signal: never, onLost: () => undefined }

  it('is entered again by those who lose, until all have won', async () => {
    const races = new VersionRaces()
    let saving = false
    let version = 0
    let refused = 0
    const save = async () => {
      if (saving) {
        refused++
        throw refusal(500)
      }
      saving = true
      await sleep(2)
      saving = false
      return ++version
    }
    let noted = 0
    const results = await Promise.all(
      Array.from({ length: 12 }, () => races.enter(save, { signal: never, onLost: () => noted++ })),
    )
    expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
    expect(refused).toBeGreaterThan(0)
    expect([races.lost, noted]).toEqual([refused, refused])
  })

  it('is none when nobody else is under way: then the server has failed', async () => {
    let attempts = 0
    const error = refusal(500)
    const save = () => {
      attempts++
      return Promise.reject(error)
    }
    await expect(new VersionRaces().enter(save, options)).rejects.toBe(error)
    expect(attempts).toBe(1)
  })

  it('is given up when nobody ever wins', async () => {
    let attempts = 0
    const races = new VersionRaces()
    const save = () => {
      attempts++
      return Promise.reject(refusal(500))
    }
    const outcomes = await Promise.allSettled([races.enter(save, options), races.enter(save, options)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(attempts).toBeLessThanOrEqual(20)
  })

  it('is not what a refused card, a missing right or a lost answer is', async () => {
    const races = new VersionRaces()
    const slow = races.enter(() => sleep(50, 1), options)
    await expect(races.enter(() => Promise.reject(refusal(400)), options)).rejects.toMatchObject({ status: 400 })
    await expect(races.enter(() => Promise.reject(refusal(403)), options)).rejects.toMatchObject({ status: 403 })
    await slow
    expect(races.lost).toBe(0)
  })

  it('is left at once on an interrupt', async () => {
    const controller = new AbortController()
    const races = new VersionRaces()
    const slow = races.enter(() => sleep(100, 1), options)
    const lost = races.enter(
      () => {
        controller.abort(new Error('stopped'))
        return Promise.reject(refusal(500))
      },
      { ...options, signal: controller.signal },
    )
    await expect(lost).rejects.toThrow('stopped')
    await slow
  })
})

describe('the plan of cards', () => {
  const schema = (properties: object) => ({
    id: 's',
    jsonSchema: { type: 'object', properties, additionalProperties: false },
  })
  const bytesOf = (card: unknown) => Buffer.byteLength(JSON.stringify({ metadata: card }))

  it('makes the same card for the same seed and number, in any order', () => {
    const text = schema({ a: { type: 'string' } })
    const [plan, again, other] = [planCards(text, 'x'), planCards(text, 'x'), planCards(text, 'y')]
    const list = [1, 2, 3, 4]
    expect(list.map((index) => plan.makeCard(index))).toEqual(
      list
        .toReversed()
        .map((index) => again.makeCard(index))
        .toReversed(),
    )
    expect(list.map((index) => other.makeCard(index))).not.toEqual(list.map((index) => plan.makeCard(index)))
    expect(plan.makeCard(1)).not.toEqual(plan.makeCard(2))
  })

  it('keeps a card below the limit of a request, by shorter lists and texts', () => {
    const list = { type: 'array', items: { type: 'string', minLength: 30_000 } }
    const plan = planCards(schema({ a: list, b: list, c: list }), 'seed')
    for (let index = 1; index < 20; index++) expect(bytesOf(plan.makeCard(index))).toBeLessThanOrEqual(102_400)
  })

  it.each([
    [schema({ a: { type: 'string', minLength: 200_000 } }), /at least 2000\d\d bytes, and Bailo takes 102400/],
    [schema({}), /The schema s has nothing to fill in: no part/],
    [schema({ a: { type: 'object' }, b: { type: 'null' } }), /nothing to fill in: only objects without anything/],
    [
      schema({ a: { type: 'string', pattern: '^(a)\\1$' } }),
      /nothing to fill in: no part\. Left out: a: has a pattern/,
    ],
    [
      { id: 's', jsonSchema: { type: 'object', properties: { a: { type: 'strange' } } } },
      /The schema s cannot be filled in: it is no JSON schema/,
    ],
    [{ id: 's' }, /it is no JSON schema/],
  ])('is refused for %j', (one, message) => {
    expect(() => planCards(one, 'seed')).toThrow(expect.objectContaining({ exitCode: ExitCode.Usage }) as Error)
    expect(() => planCards(one, 'seed')).toThrow(message)
  })
})

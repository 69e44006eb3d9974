import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ExitCode, UsageError } from '../../src/lib/errors.js'
import { oncePerRound } from '../../src/lib/run/once-per-round.js'
import { deriveRunId, isRunId } from '../../src/lib/run/run-id.js'
import { Run } from '../../src/lib/run/run.js'
import { parseShard, shardIndexOf } from '../../src/lib/run/shard.js'
import { ShardMissingError, ShardWaits } from '../../src/lib/run/shard-waits.js'

const SHARD = { index: 1, count: 4 }

/** A run of four shards, with a step that another of them makes. */
function shardedRun(patienceMs: number, options: { isDryRun?: boolean } = {}) {
  const run = new Run({
    concurrency: 1,
    isDryRun: false,
    ...options,
    share: { shard: SHARD, runId: 'abcd2345', patienceMs },
  })
  const name = Array.from({ length: 100 }, (_, number) => `x${number}`).find((one) => !run.owns(`thing ${one}`)) ?? ''
  return { run, name }
}

describe('parseShard', () => {
  it.each([
    ['1/4', {}, { index: 1, count: 4 }],
    ['1000/1000', {}, { index: 1000, count: 1000 }],
    ['job/3', { JOB_COMPLETION_INDEX: '2' }, { index: 3, count: 3 }],
  ])('reads %s', (text, environment, shard) => {
    expect(parseShard(text, environment)).toEqual(shard)
  })

  it.each([
    ['0/4', {}],
    ['5/4', {}],
    ['1/0', {}],
    ['1/1001', {}],
    ['1', {}],
    ['a/4', {}],
    ['-1/4', {}],
    ['1/4 ', {}],
    ['job/4', {}],
    ['job/4', { JOB_COMPLETION_INDEX: 'x' }],
    ['job/4', { JOB_COMPLETION_INDEX: '4' }],
  ])('refuses %j with %j', (text, environment) => {
    expect(() => parseShard(text, environment)).toThrow(UsageError)
  })
})

describe('who makes a thing', () => {
  it('is one shard, about as often as any other', () => {
    const counts = new Map<number, number>()
    for (let number = 0; number < 4000; number++) {
      const index = shardIndexOf(`file f${number}`, 4)
      counts.set(index, (counts.get(index) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted()).toEqual([1, 2, 3, 4])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('is the first 48 bits of the SHA-256 of the key, modulo the number of shards', () => {
    // sha256('file a.bin') by sha256sum.
    expect(shardIndexOf('file a.bin', 7)).toBe(Number(0xc24df3386966n % 7n) + 1)
  })

  it('is the first where there is an order', () => {
    const owners = [1, 2].map(
      (index) =>
        new Run({ concurrency: 1, isDryRun: false, share: { shard: { index, count: 2 }, runId: 'x', patienceMs: 0 } })
          .ownsOrder,
    )
    expect(owners).toEqual([true, false])
  })

  it('is everybody alone', () => {
    const run = new Run({ concurrency: 1, isDryRun: false })
    expect([run.owns('a'), run.owns('b'), run.ownsOrder, run.isAlone]).toEqual([true, true, true, true])
  })
})

describe('a step that another shard makes', () => {
  it('is waited for, without taking a place, and has the result that is found', async () => {
    const { run, name } = shardedRun(5000)
    let looks = 0
    const step = {
      kind: 'thing',
      name,
      planned: '',
      sharing: 'by-key' as const,
      find: () => Promise.resolve(++looks < 3 ? undefined : 'there'),
    }
    const waited = run.step(step, () => Promise.reject(new Error('not this one')))
    // The only place is free.
    expect(await run.step({ kind: 'own', name: 'a', planned: '' }, () => Promise.resolve('made'))).toBe('made')
    expect(await waited).toBe('there')
    expect(looks).toBe(3)
    expect(run.report()).toMatchObject({ failed: [], shard: SHARD, steps: [{ kind: 'own', done: 1 }] })
  })

  it('that does not come fails, and says who makes it', async () => {
    const { run, name } = shardedRun(0)
    const find = () => Promise.resolve(undefined)
    const failure = run.step({ kind: 'thing', name, planned: '', sharing: 'by-key', find }, () => Promise.resolve(''))
    await expect(failure).rejects.toThrow(ShardMissingError)
    const owner = shardIndexOf(`thing ${name}`, 4)
    await expect(failure).rejects.toThrow(`thing ${name} is made by shard ${owner}/4`)
    expect(run.report().failed).toMatchObject([{ key: `thing ${name}` }])
    await expect(failure).rejects.toMatchObject({ exitCode: ExitCode.Partial })
  })

  it('is not looked for in a dry run, nor listed as planned', async () => {
    const { run, name } = shardedRun(0, { isDryRun: true })
    const find = () => Promise.reject(new Error('no look'))
    expect(
      await run.step({ kind: 'thing', name, planned: 'p', sharing: 'by-key', find }, () => Promise.resolve('')),
    ).toBe('p')
    expect(run.report().planned).toEqual([])
  })
})

describe('ShardWaits', () => {
  it('looks for all things of a round with one reading', async () => {
    let readings = 0
    const things = new Set<string>()
    const list = oncePerRound(() => {
      readings++
      return Promise.resolve(new Set(things))
    })
    const waits = new ShardWaits(SHARD, { patienceMs: 5000, signal: new AbortController().signal })
    const all = Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        waits.wait(`t${number}`, 'by-key', async (round) =>
          (await list(round)).has(`t${number}`) ? number : undefined,
        ),
      ),
    )
    await sleep(50)
    for (let number = 0; number < 50; number++) things.add(`t${number}`)
    expect(await all).toHaveLength(50)
    expect(readings).toBe(2)
  })

  it('ends with the reason why no more steps start', async () => {
    const stop = new AbortController()
    const waits = new ShardWaits(SHARD, { patienceMs: 60_000, signal: stop.signal })
    const waiting = waits.wait('x', 'by-key', () => Promise.resolve(undefined))
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('fails only what cannot be looked for', async () => {
    const waits = new ShardWaits(SHARD, { patienceMs: 60_000, signal: new AbortController().signal })
    const [bad, good] = await Promise.allSettled([
      waits.wait('bad', 'by-key', () => Promise.reject(new Error('refused'))),
      waits.wait('good', 'by-key', () => Promise.resolve(1)),
    ])
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'refused' } })
    expect(good).toMatchObject({ status: 'fulfilled', value: 1 })
  })
})

it('ids of runs follow from the key that shards share', () => {
  expect(isRunId(deriveRunId('nightly 17'))).toBe(true)
  expect(deriveRunId('nightly 17')).toBe(deriveRunId('nightly 17'))
  expect(deriveRunId('nightly 17')).not.toBe(deriveRunId('nightly 18'))
})

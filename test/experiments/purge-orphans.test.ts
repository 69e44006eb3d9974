import { describe, expect, it } from 'vitest'
import { UnexpectedAnswerError } from '../../src/lib/http/errors.js'
import { collectReleasedIds, findOrphans } from '../../src/lib/experiments/purge-files-without-release/orphans.js'
import { ReleaseWatch } from '../../src/lib/experiments/purge-files-without-release/release-watch.js'

const NOW_MS = Date.parse('2026-11-22T12:00:00.000Z')
const HOUR_MS = 3_600_000
const ago = (hours: number): string => new Date(NOW_MS - hours * HOUR_MS).toISOString()
const release = (semver: string, more: object) => ({ semver, notes: 'n', ...more })

describe('the files in releases', () => {
  it('are those of all releases, whichever way a release says it', () => {
    const releases = [
      release('1.0.0', { fileIds: ['a', 'b'] }),
      release('2.0.0', { draft: true, files: [{ _id: 'c', name: 'c' }] }),
      release('3.0.0', { fileIds: [], files: [{ _id: 'd', name: 'd' }] }),
    ]
    expect(collectReleasedIds(releases)).toEqual(new Set(['a', 'b', 'c', 'd']))
  })

  it('are not known when a release does not say', () => {
    expect(() => collectReleasedIds([release('1.0.0', {})])).toThrow(UnexpectedAnswerError)
  })
})

describe('orphans', () => {
  const FILES = [
    { _id: 'released', name: 'r', size: 1, complete: true, updatedAt: ago(99) },
    { _id: 'young', name: 'y', size: 1, complete: true, createdAt: ago(99), updatedAt: ago(1) },
    { _id: 'old', name: 'o', size: 1, complete: true, updatedAt: ago(50) },
    { _id: 'of-no-size', name: 's', complete: true, updatedAt: ago(40) },
    { _id: 'of-no-age', name: 'a', size: 1, updatedAt: 'long ago' },
    { _id: 'unfinished', name: 'u', complete: false, updatedAt: ago(30) },
    { _id: 'says-nothing', name: 'n' },
    { _id: 'from-the-future', name: 'f', size: 1, updatedAt: ago(-5) },
  ]
  const statesWith = (filter: { olderThanMs?: number; withIncomplete: boolean }) =>
    findOrphans(FILES, new Set(['released']), filter, NOW_MS).map(({ id, state }) => [id, state])

  it('are sorted by age, and those that may go are told from those that stay', () => {
    expect(statesWith({ withIncomplete: false, olderThanMs: 24 * HOUR_MS })).toEqual([
      ['of-no-age', 'age-unknown'],
      ['says-nothing', 'incomplete'],
      ['old', 'listed'],
      ['of-no-size', 'listed'],
      ['unfinished', 'incomplete'],
      ['young', 'too-young'],
      ['from-the-future', 'too-young'],
    ])
    expect(Object.fromEntries(statesWith({ withIncomplete: true, olderThanMs: 24 * HOUR_MS }))).toMatchObject({
      unfinished: 'listed',
      'says-nothing': 'age-unknown',
    })
    expect(new Set(statesWith({ withIncomplete: true }).map(([, state]) => state))).toEqual(new Set(['listed']))
  })

  it('have the size and age that the server tells, and none otherwise', () => {
    const orphans = findOrphans(FILES, new Set(), { withIncomplete: false }, NOW_MS)
    const byId = new Map(orphans.map((orphan) => [orphan.id, orphan]))
    expect(byId.get('old')).toMatchObject({ sizeBytes: 1, ageMs: 50 * HOUR_MS, isComplete: true })
    expect(byId.get('from-the-future')).toMatchObject({ ageMs: 0 })
    expect(byId.get('of-no-size')).not.toHaveProperty('sizeBytes')
    expect(byId.get('of-no-age')).not.toHaveProperty('ageMs')
  })
})

describe('watching releases', () => {
  /** A watch over readings that take some time each, with a clock that only they and the test move. */
  function watchReadings(readingMs: number, readings: string[][]) {
    const clock = { nowMs: 0, readings: 0 }
    const watch = new ReleaseWatch(
      async () => {
        const ids = readings[Math.min(clock.readings, readings.length - 1)]
        clock.readings++
        await Promise.resolve()
        clock.nowMs += readingMs
        return new Set(ids)
      },
      () => clock.nowMs,
    )
    return { clock, watch }
  }

  it('reads before the first answer, and once for all who ask meanwhile', async () => {
    const { clock, watch } = watchReadings(10, [['a']])
    expect(await Promise.all(['a', 'b', 'a'].map((id) => watch.isInRelease(id)))).toEqual([true, false, true])
    expect(clock.readings).toBe(1)
  })

  it('reads again when the start of the last reading is two seconds ago', async () => {
    const { clock, watch } = watchReadings(10, [[], ['a']])
    expect(await watch.isInRelease('a')).toBe(false)
    clock.nowMs = 1999
    expect(await watch.isInRelease('a')).toBe(false)
    clock.nowMs = 2000
    expect(await watch.isInRelease('a')).toBe(true)
    expect(clock.readings).toBe(2)
  })

  it('spends at most half of the time on readings that take long', async () => {
    const { clock, watch } = watchReadings(5000, [[]])
    await watch.isInRelease('a')
    clock.nowMs = 9999
    await watch.isInRelease('a')
    expect(clock.readings).toBe(1)
    clock.nowMs = 10_000
    await watch.isInRelease('a')
    expect(clock.readings).toBe(2)
  })

  it('knows nothing after a reading that failed, and reads again', async () => {
    let count = 0
    const watch = new ReleaseWatch(() => {
      count++
      return count === 1 ? Promise.reject(new Error('gone')) : Promise.resolve(new Set(['a']))
    })
    await expect(Promise.all([watch.isInRelease('a'), watch.isInRelease('b')])).rejects.toThrow('gone')
    expect(await watch.isInRelease('a')).toBe(true)
  })
})

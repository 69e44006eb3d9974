import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/lib/content/seeded-random.js'

const draw = (seed: string, purpose: string) => {
  const random = createRandom(seed, purpose)
  return Array.from({ length: 20 }, () => random.integer(0, 999_999))
}

describe('random choices', () => {
  it('are the same for the same seed and purpose, and others for others', () => {
    expect(draw('a', 'b')).toEqual(draw('a', 'b'))
    expect(draw('a', 'c')).not.toEqual(draw('a', 'b'))
    expect(draw('c', 'b')).not.toEqual(draw('a', 'b'))
    // Where one ends and the other begins matters.
    expect(draw('ab', 'c')).not.toEqual(draw('a', 'bc'))
  })

  it('stay as they are from version to version', () => {
    expect(draw('bailo-exp', 'choices').slice(0, 3)).toMatchInlineSnapshot(`
      [
        120439,
        376155,
        336389,
      ]
    `)
  })

  it('are spread evenly over both ends', () => {
    const random = createRandom('seed', 'spread')
    const counts = new Map<number, number>()
    for (let index = 0; index < 6000; index++) {
      const value = random.integer(-2, 3)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('flip heads as often as tails, and pick every one of a list', () => {
    const random = createRandom('seed', 'flips')
    const heads = Array.from({ length: 4000 }, () => random.flip()).filter(Boolean).length
    expect(Math.abs(heads - 2000)).toBeLessThan(200)
    expect(new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']))
    expect(() => random.pick([])).toThrow(RangeError)
  })
})

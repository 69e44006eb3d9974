import { describe, expect, it } from 'vitest'
import { percentile } from '../../src/lib/experiments/percentile.js'

describe('a percentile', () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

  it.each([
    [[7], 50, 7],
    [[7], 99, 7],
    [upTo(2), 50, 1],
    [upTo(3), 50, 2],
    [upTo(4), 50, 2],
    [upTo(10), 95, 10],
    [upTo(20), 95, 19],
    [upTo(21), 95, 20],
    [upTo(100), 95, 95],
    [upTo(100), 99, 99],
    [upTo(101), 99, 100],
    [upTo(1000), 99, 990],
    [upTo(5), 100, 5],
    [upTo(5), 0, 1],
  ])('of %j for %i is the value of the nearest rank, %i', (sorted, percent, value) => {
    expect(percentile(sorted, percent)).toBe(value)
  })

  it('is rounded to a tenth', () => {
    expect(percentile([1.2499], 50)).toBe(1.2)
    expect(percentile([1.25], 50)).toBe(1.3)
  })
})

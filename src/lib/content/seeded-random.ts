import { createHash } from 'node:crypto'

/** Random choices that are the same wherever they are made again. */
export interface Random {
  /** From 0 up to but without 1. */
  fraction(): number
  /** A whole number, both ends inclusive. */
  integer(min: number, max: number): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** Heads or tails. */
  flip(): boolean
}

/**
 * Returns random choices that depend on nothing but a seed and what they are for, so that a thing is the same whether it is
 * made first, last, or again. They are spread evenly, and are no secrets.
 *
 * The generator is sfc32 (PractRand, public domain), started from a SHA-256.
 */
export function createRandom(seed: string, purpose: string): Random {
  // JSON keeps the parts apart: no two pairs give the same text.
  const state = createHash('sha256')
    .update(JSON.stringify(['bailo-exp choices', seed, purpose]))
    .digest()
  let [a, b, c, counter] = [0, 4, 8, 12].map((offset) => state.readUInt32LE(offset)) as [number, number, number, number]
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // 53 bits, as many as a number has.
  const fraction = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
  const integer = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1))
  return {
    fraction,
    integer,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('There is nothing to pick from.')
      return list[integer(0, list.length - 1)] as (typeof list)[number]
    },
    flip: () => next() % 2 === 0,
  }
}

import type { Excerpt } from './model.js'

/** More than anybody reads; what is left out is still counted. */
const MAX_ITEMS = 500

/** The first of a list, and how long it is. */
export function excerpt<T, U = T>(items: readonly T[], convert: (item: T) => U): Excerpt<U> {
  return { count: items.length, first: items.slice(0, MAX_ITEMS).map(convert) }
}

/** What several lists have together. */
export function joinExcerpts<T>(parts: readonly Excerpt<T>[]): Excerpt<T> {
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    first: parts.flatMap(({ first }) => first).slice(0, MAX_ITEMS),
  }
}

/** The same for lists in which one thing may be on several, because each shard has looked at the whole. */
export function joinDistinct<T>(parts: readonly Excerpt<T>[]): Excerpt<T> {
  const all = distinct(parts.flatMap(({ first }) => first))
  // Of what is not listed, nobody knows whether it is on another list as well.
  return { count: Math.max(all.length, ...parts.map(({ count }) => count)), first: all.slice(0, MAX_ITEMS) }
}

/** Things that say the same, once each. */
export function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}

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

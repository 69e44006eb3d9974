/** Steps at the same time: a number, or `auto` to find out how many the server takes. */
export type Concurrency = number | 'auto'

/** With `auto` there are never more: beyond that one process of this tool is what limits the pace. */
const MAX_AUTO = 64

/** The number of steps that may at most be under way together. */
export function maxStepsOf(concurrency: Concurrency): number {
  return concurrency === 'auto' ? MAX_AUTO : concurrency
}

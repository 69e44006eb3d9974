import type { Operation } from './specification/operations.js'
import type { MatchedCall } from './rules/rule.js'

/** How many of the operations a client makes use of. */
export interface Coverage {
  readonly covered: number
  readonly total: number
  /** An operation with several tags counts for each of them, one without for the empty one. */
  readonly tags: readonly { readonly tag: string; readonly covered: number; readonly total: number }[]
}

/** The operations that calls are made of. HEAD on the path of a GET makes no use of what the GET answers. */
export function findCovered(calls: readonly MatchedCall[]): Set<Operation> {
  const operations = calls.flatMap(({ match, method }) =>
    match.kind === 'operation' ? match.operations.filter((operation) => operation.method === method) : [],
  )
  return new Set(operations)
}

export function measureCoverage(operations: readonly Operation[], calls: readonly MatchedCall[]): Coverage {
  const covered = findCovered(calls)
  const count = (list: readonly Operation[]): { covered: number; total: number } => ({
    covered: list.filter((operation) => covered.has(operation)).length,
    total: list.length,
  })
  const byTag = new Map<string, Operation[]>()
  for (const operation of operations) {
    for (const tag of operation.tags.length === 0 ? [''] : operation.tags) {
      byTag.set(tag, [...(byTag.get(tag) ?? []), operation])
    }
  }
  const tags = [...byTag].map(([tag, list]) => ({ tag, ...count(list) }))
  return { ...count(operations), tags: tags.sort((left, right) => (left.tag < right.tag ? -1 : 1)) }
}

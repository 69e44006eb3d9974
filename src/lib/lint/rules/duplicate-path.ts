import { withoutNames } from '../match.js'
import type { Operation } from '../specification/operations.js'
import { inOperation } from './problems.js'
import type { Rule } from './rule.js'

export const duplicatePath: Rule = {
  id: 'duplicate-path',
  level: 'error',
  description:
    'Two paths match the same URLs, because they differ in the names of parameters only. OpenAPI forbids that, and tools ' +
    'lose one of the two ("Paths Object").',
  bad: { specification: '/api/v2/role/{roleId}: { delete: {} }\n/api/v2/role/{shortName}: { put: {} }' },
  good: { specification: '/api/v2/role/{roleId}: { delete: {} }\n/api/v2/role/mine: { get: {} }' },
  *check({ operations }) {
    for (const [document, ofDocument] of groupBy(operations, ({ document }) => document)) {
      for (const [, same] of groupBy(ofDocument, ({ path }) => withoutNames(path).replace(/(?!^)\/+$/, ''))) {
        // In the order of the names and not of the document, so that the same one is told of whatever that is.
        const distinct = [...new Map(same.map((operation) => [operation.path, operation])).values()]
        const [first, ...others] = distinct.sort((left, right) => (left.path < right.path ? -1 : 1))
        for (const { path, pointer, method } of others) {
          const message = `${path} matches the same URLs as ${first?.path ?? ''}.`
          yield inOperation({ document, path, method, pointer: pointer.replace(/\/[^/]*$/, '') }, message)
        }
      }
    }
  },
}

function groupBy<K>(operations: readonly Operation[], keyOf: (operation: Operation) => K): Map<K, Operation[]> {
  const groups = new Map<K, Operation[]>()
  for (const operation of operations) {
    const group = groups.get(keyOf(operation))
    if (group === undefined) groups.set(keyOf(operation), [operation])
    else group.push(operation)
  }
  return groups
}

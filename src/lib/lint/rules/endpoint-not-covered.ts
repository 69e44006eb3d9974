import { findCovered } from '../coverage.js'
import { inOperation, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const endpointNotCovered: Rule = {
  id: 'endpoint-not-covered',
  level: 'warning',
  description: 'The specification has an operation that no call of the client makes use of.',
  bad: {
    specification: '/api/v2/models: { post: {} }\n/api/v2/models/search: { get: {} }',
    client: 'self.agent.post(f"{self.url}/v2/models")',
  },
  good: {
    specification: '/api/v2/models/search: { get: {} }',
    client: 'url = f"{self.url}/v2/models"\nurl = f"{url}/search?kind={kind}"\nself.agent.get(url)',
  },
  *check({ calls, operations }) {
    const covered = findCovered(calls)
    for (const operation of operations) {
      if (!covered.has(operation)) yield inOperation(operation, `No call of the client is ${nameOf(operation)}.`)
    }
  },
}

import { identified, inCall, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const endpointDeprecated: Rule = {
  id: 'endpoint-deprecated',
  level: 'warning',
  description: 'A call is of an operation that the specification marks as deprecated, so it will go one day.',
  bad: {
    specification: '/api/v2/image/{name}: { get: { deprecated: true } }',
    client: 'self.agent.get(f"{self.url}/v2/image/{name}")',
  },
  good: {
    specification: '/api/v2/image/{name}: { get: {}, delete: { deprecated: true } }',
    client: 'self.agent.get(f"{self.url}/v2/image/{name}")',
  },
  *check({ calls }) {
    for (const [call, operation] of identified(calls)) {
      if (operation.isDeprecated) yield inCall(call, `The specification marks ${nameOf(operation)} as deprecated.`)
    }
  },
}

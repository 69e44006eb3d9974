import { inCall } from './problems.js'
import type { Rule } from './rule.js'

export const methodUnknown: Rule = {
  id: 'method-unknown',
  level: 'error',
  description: 'A call goes to a path that the specification has, with a method that it does not have there.',
  bad: {
    specification: '/api/v2/model/{modelId}: { patch: {} }',
    client: 'self.agent.put(f"{self.url}/v2/model/{model_id}")',
  },
  good: {
    specification: '/api/v2/model/{modelId}: { patch: {} }',
    client: 'self.agent.patch(f"{self.url}/v2/model/{model_id}")',
  },
  *check({ calls }) {
    for (const call of calls) {
      if (call.match.kind !== 'other-methods') continue
      const { operations } = call.match
      const methods = [...new Set(operations.map(({ method }) => method))].join(', ')
      yield inCall(call, `The specification has ${operations[0].path} with ${methods}, not with ${call.method}.`)
    }
  },
}

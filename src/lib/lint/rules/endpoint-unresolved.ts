import { inCall } from './problems.js'
import type { Rule } from './rule.js'

export const endpointUnresolved: Rule = {
  id: 'endpoint-unresolved',
  level: 'warning',
  description: 'A call whose path cannot be told from the source, so that nothing can be said about it.',
  bad: {
    specification: '/api/v2/models: { get: {} }',
    client: 'self.agent.get(self.find_address_of(thing))',
  },
  good: {
    specification: '/api/v2/model/{modelId}: { get: {} }',
    client: 'self.agent.get("{}/v2/model/{}".format(self.url, model_id))',
  },
  *check({ unresolved }) {
    for (const call of unresolved) {
      const reason = call.unresolvedReason === undefined ? '' : `: ${call.unresolvedReason}`
      // A question mark says that not even the method can be told.
      const what = call.method === '?' ? 'method and path of this' : `path of this ${call.method}`
      yield inCall(call, `The ${what} request cannot be told${reason}.`)
    }
  },
}

import { inCall } from './problems.js'
import type { Rule } from './rule.js'

export const endpointUnknown: Rule = {
  id: 'endpoint-unknown',
  level: 'error',
  description: 'A call goes to a path that the specification does not have; the server answers 404.',
  bad: {
    specification: '/api/v2/models: { post: {} }',
    client: 'self.agent.post(f"{self.url}/v2/modells")',
  },
  good: {
    specification: '/api/v2/model/{modelId}: { get: {} }',
    client: 'self.agent.get(f"{self.url}/v2/model/{model_id}/?verbose=1")',
  },
  *check({ calls }) {
    for (const call of calls) {
      if (call.match.kind !== 'nothing') continue
      const { nearest } = call.match
      const hint = nearest === undefined ? '' : `; the nearest is ${nearest}`
      yield inCall(call, `The specification has no path ${call.path}${hint}.`)
    }
  },
}

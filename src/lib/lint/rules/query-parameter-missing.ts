import { identified, inCall, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const queryParameterMissing: Rule = {
  id: 'query-parameter-missing',
  level: 'error',
  description: 'A call does not send a query parameter that the specification requires; the server refuses it.',
  bad: {
    specification: '/api/v2/files: { post: { parameters: [{ name: name, in: query, required: true }] } }',
    client: 'self.agent.post(f"{self.url}/v2/files", params={"mime": mime})',
  },
  good: {
    specification: '/api/v2/files: { post: { parameters: [{ name: name, in: query, required: true }] } }',
    client: 'self.agent.post(f"{self.url}/v2/files?name={name}")',
  },
  *check({ calls }) {
    for (const [call, operation] of identified(calls)) {
      if (!call.query.isComplete) continue
      for (const { name, place, isRequired } of operation.parameters) {
        if (place !== 'query' || !isRequired) continue
        if (call.query.names.some((sent) => sent === name || sent.startsWith(`${name}[`))) continue
        yield inCall(call, `${nameOf(operation)} requires the query parameter "${name}".`, name)
      }
    }
  },
}

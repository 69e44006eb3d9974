import type { Operation } from '../specification/operations.js'
import { identified, inCall, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const queryParameterUnknown: Rule = {
  id: 'query-parameter-unknown',
  level: 'warning',
  description: 'A call sends a query parameter that the operation does not have; most operations ignore it silently.',
  bad: {
    specification: '/api/v2/models/search: { get: { parameters: [{ name: search, in: query }] } }',
    client: 'self.agent.get(f"{self.url}/v2/models/search", params={"text": text})',
  },
  good: {
    specification: '/api/v2/models/search: { get: { parameters: [{ name: search, in: query }] } }',
    client: 'self.agent.get(f"{self.url}/v2/models/search", params={"search": text})',
  },
  *check({ calls }) {
    for (const [call, operation] of identified(calls)) {
      const known = operation.parameters.filter(({ place }) => place === 'query')
      for (const name of call.query.names) {
        if (isKnown(name, known)) continue
        const list = known.length === 0 ? 'none' : known.map((parameter) => parameter.name).join(', ')
        yield inCall(call, `${nameOf(operation)} has no query parameter "${name}"; it has ${list}.`, name)
      }
    }
  },
}

/** A deep object is sent as `name[key]`, and some clients send a list as `name[]` (OpenAPI, "Style Values"). */
function isKnown(name: string, known: Operation['parameters']): boolean {
  return known.some(
    (parameter) =>
      parameter.name === name ||
      `${parameter.name}[]` === name ||
      (parameter.isDeepObject && name.startsWith(`${parameter.name}[`)),
  )
}

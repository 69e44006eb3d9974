import { bodyShapeOf } from './body-fields.js'
import { identified, inCall, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const bodyFieldUnknown: Rule = {
  id: 'body-field-unknown',
  level: 'warning',
  description:
    'A call sends a field in its JSON body that the operation does not have; the server drops or refuses it.',
  bad: {
    specification: `/api/v2/models:
  post:
    requestBody: { content: { application/json: { schema: { type: object, properties: { name: {} } } } } }`,
    client: 'self.agent.post(f"{self.url}/v2/models", json={"name": name, "team": team})',
  },
  good: {
    specification: `/api/v2/models:
  post:
    requestBody: { content: { application/json: { schema: { type: object, properties: { name: {} } } } } }`,
    client: 'self.agent.post(f"{self.url}/v2/models", json={"name": name})',
  },
  *check({ calls }) {
    for (const [call, operation] of identified(calls)) {
      if (call.body === undefined) continue
      const known = findKnown(operation)
      if (known === undefined) continue
      for (const name of call.body.names.filter((sent) => !known.includes(sent))) {
        const list = known.length === 0 ? 'none' : known.join(', ')
        yield inCall(call, `The body of ${nameOf(operation)} has no field "${name}"; it has ${list}.`, name)
      }
    }
  },
}

/**
 * The fields that a body may have; undefined when any may be sent. An object without properties is taken for one of which
 * nothing is said, because that is how generators of specifications write what they do not know.
 */
function findKnown(operation: Parameters<typeof bodyShapeOf>[0]): string[] | undefined {
  if (operation.requestBody === undefined) return []
  const shape = bodyShapeOf(operation)
  if (shape === undefined || shape.furtherProperties === 'yes') return undefined
  if (shape.properties.size === 0 && shape.furtherProperties !== 'no') return undefined
  return [...shape.properties.keys()]
}

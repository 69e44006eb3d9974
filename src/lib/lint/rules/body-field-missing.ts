import { bodyShapeOf } from './body-fields.js'
import { identified, inCall, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const bodyFieldMissing: Rule = {
  id: 'body-field-missing',
  level: 'error',
  description: 'A call does not send a field of the JSON body that the specification requires; the server refuses it.',
  bad: {
    specification: `/api/v2/models:
  post:
    requestBody:
      content:
        application/json:
          schema: { type: object, properties: { name: {}, kind: {} }, required: [name, kind] }`,
    client: 'self.agent.post(f"{self.url}/v2/models", json={"name": name})',
  },
  good: {
    specification: `/api/v2/models:
  post:
    requestBody:
      content:
        application/json:
          schema: { type: object, properties: { name: {}, id: { readOnly: true } }, required: [name, id] }`,
    client: 'self.agent.post(f"{self.url}/v2/models", json={"name": name})',
  },
  *check({ calls }) {
    for (const [call, operation] of identified(calls)) {
      // Without a JSON body the call sends something else, or nothing, which its source may not show.
      if (call.body?.isComplete !== true) continue
      const shape = bodyShapeOf(operation)
      if (shape === undefined) continue
      for (const name of shape.required) {
        // OpenAPI, "Schema Object": what is read only is required of answers alone.
        if (shape.readOnly.has(name) || call.body.names.includes(name)) continue
        yield inCall(call, `The body of ${nameOf(operation)} requires the field "${name}".`, name)
      }
    }
  },
}

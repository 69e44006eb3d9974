import { inOperation, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const pathParameterOptional: Rule = {
  id: 'path-parameter-optional',
  level: 'warning',
  description: 'A path parameter is not marked as required, which it must be (OpenAPI, "Parameter Object").',
  bad: { specification: '/api/v2/card/{version}: { get: { parameters: [{ name: version, in: path }] } }' },
  good: {
    specification: '/api/v2/card/{version}: { get: { parameters: [{ name: version, in: path, required: true }] } }',
  },
  *check({ operations }) {
    for (const operation of operations) {
      for (const { name, place, isRequired, pointer } of operation.parameters) {
        if (place !== 'path' || isRequired) continue
        const message = `${nameOf(operation)} describes its path parameter "${name}" as optional.`
        yield inOperation(operation, message, { subject: name, pointer })
      }
    }
  },
}

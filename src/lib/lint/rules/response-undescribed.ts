import { saysNothing, shapeOf } from '../schema/shape.js'
import { successesOf, type Response } from '../specification/operations.js'
import { inOperation, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const responseUndescribed: Rule = {
  id: 'response-undescribed',
  level: 'info',
  description: 'The specification does not say what an operation answers when all went well.',
  bad: { specification: '/api/v2/notify: { post: { responses: { "200": { description: done } } } }' },
  good: {
    specification: `/api/v2/notify: { post: { responses: { "204": { description: done } } } }
/api/v2/models:
  get: { responses: { "200": { content: { application/json: { schema: { type: object, properties: { a: {} } } } } } } }`,
  },
  *check({ operations }) {
    for (const operation of operations) {
      const successes = successesOf(operation)
      if (successes.length === 0) {
        yield inOperation(operation, `${nameOf(operation)} has no answer for success in the specification.`)
      }
      for (const response of successes.filter((one) => !isDescribed(one, operation.method))) {
        const message = `${nameOf(operation)} does not say what its answer with ${response.status} holds.`
        yield inOperation(operation, message, { subject: response.status, pointer: response.pointer })
      }
    }
  },
}

function isDescribed({ status, content }: Response, method: string): boolean {
  // These have no content by definition (RFC 9110, sections 9.3.2, 15.3.5 and 15.3.6).
  if (method === 'HEAD' || status === '204' || status === '205') return true
  const shapes = [...content.values()].map(shapeOf)
  return shapes.length > 0 && shapes.every((shape) => !saysNothing(shape) && !isBareObject(shape))
}

function isBareObject({ types, properties, furtherProperties }: ReturnType<typeof shapeOf>): boolean {
  return types?.has('object') === true && types.size === 1 && properties.size === 0 && furtherProperties === 'unsaid'
}

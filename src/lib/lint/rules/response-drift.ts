import { compareSchemas, type Difference } from '../schema/compare.js'
import { shapeOf } from '../schema/shape.js'
import { successesOf, type Operation } from '../specification/operations.js'
import { inOperation, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const responseDrift: Rule = {
  id: 'response-drift',
  level: 'warning',
  description:
    'What the contract and the specification say of an answer disagrees: a field that only one of them has, a type, an ' +
    'enumeration. The pointer leads into the specification.',
  bad: {
    specification: `/api/v2/releases:
  post:
    responses:
      "200":
        content: { application/json: { schema: { type: object, properties: { card: {} }, required: [card] } } }`,
    contract: `/api/v2/releases:
  post:
    responses:
      "200":
        content: { application/json: { schema: { type: object, properties: { release: {} }, required: [release] } } }`,
  },
  good: {
    specification: `/api/v2/releases:
  post:
    responses:
      "200":
        content: { application/json: { schema: { type: object, properties: { release: {}, more: {} } } } }`,
    contract: `/api/v2/releases:
  post:
    responses:
      "200":
        content: { application/json: { schema: { type: object, properties: { release: {} }, required: [release] } } }`,
  },
  *check({ contract }) {
    for (const { own, live } of contract) {
      for (const difference of compareAnswers(own, live)) {
        const what = describe(difference)
        if (what === undefined) continue
        const { at, right } = difference
        const message = `${nameOf(live)}, ${at === '' ? 'the answer' : at}: ${what}.`
        yield inOperation(live, message, { subject: `${at} ${what}`, pointer: right.pointer })
      }
    }
  },
}

/** Only what both describe: the contract has the statuses of errors, the specification none. */
function* compareAnswers(own: Operation, live: Operation): Generator<Difference> {
  for (const response of successesOf(live)) {
    const ours = own.responses.find(({ status }) => status === response.status)
    for (const [type, schema] of response.content) {
      const ourSchema = ours?.content.get(type)
      if (ourSchema !== undefined) yield* compareSchemas(ourSchema, schema)
    }
  }
}

/**
 * What contradicts the other; undefined for what is only said more exactly in one of them. The contract leaves fields out
 * that no caller needs, and requires only what every answer was seen to have.
 */
function describe(difference: Difference): string | undefined {
  switch (difference.kind) {
    case 'property': {
      const { name, onlyIn, isRequired, right } = difference
      const live = shapeOf(right)
      if (live.properties.size === 0 && live.furtherProperties !== 'no') return undefined
      if (onlyIn === 'left' && live.furtherProperties !== 'yes') {
        return `the contract has "${name}", which the specification does not have`
      }
      return onlyIn === 'right' && isRequired
        ? `the specification requires "${name}", which the contract does not have`
        : undefined
    }
    case 'types': {
      const { onlyLeft, onlyRight } = difference
      const wrong = onlyLeft?.filter((type) => !(type === 'integer' && onlyRight?.includes('number'))) ?? []
      if (onlyRight === undefined || wrong.length === 0) return undefined
      return `the contract has the type ${wrong.join(' or ')}, which the specification does not allow`
    }
    case 'values': {
      const { onlyLeft, onlyRight } = difference
      // Where one of them names no values, the other one is only more exact.
      if (onlyLeft === undefined || onlyRight === undefined) return undefined
      const parts = [
        ...(onlyLeft.length > 0 ? [`only the contract has the value ${onlyLeft.join(', ')}`] : []),
        ...(onlyRight.length > 0 ? [`only the specification has the value ${onlyRight.join(', ')}`] : []),
      ]
      return parts.join(', ')
    }
    case 'required':
      return undefined
  }
}

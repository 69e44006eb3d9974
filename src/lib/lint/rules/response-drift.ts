import { compareSchemas, type Difference, type Side } from '../schema/compare.js'
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
      for (const [, differences] of groupByPlace(compareAnswers(own, live))) {
        const what = [...describeFields(differences), ...differences.flatMap(describeContents)].join('; ')
        const [first] = differences
        if (what === '' || first === undefined) continue
        const message = `${nameOf(live)}, ${first.at === '' ? 'the answer' : first.at}: ${what}.`
        yield inOperation(live, message, { subject: `${first.at} ${what}`, pointer: first.right.pointer })
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

/** What is wrong with one object belongs together: a renamed field is one that is missing and one that is new. */
function groupByPlace(differences: Iterable<Difference>): Map<string, Difference[]> {
  const groups = new Map<string, Difference[]>()
  for (const difference of differences) {
    groups.set(difference.right.pointer, [...(groups.get(difference.right.pointer) ?? []), difference])
  }
  return groups
}

/**
 * Fields that one side requires and the other does not have. One that may be left out says nothing against the other
 * side, and nor does one that both have: the contract requires only what every answer was seen to have.
 */
function describeFields(differences: readonly Difference[]): string[] {
  const list = (side: Side): string =>
    differences
      .flatMap((one) => (one.kind === 'property' && one.onlyIn === side && one.isRequired ? [`"${one.name}"`] : []))
      .join(', ')
  const sides = differences.slice(0, 1).flatMap(({ left, right }) => [shapeOf(left), shapeOf(right)])
  // An object without properties is one of which nothing is said.
  if (sides.some(({ properties, furtherProperties }) => furtherProperties === 'yes' || properties.size === 0)) return []
  const [ours, theirs] = [list('left'), list('right')]
  return [
    ...(ours === '' ? [] : [`only the contract has ${ours}`]),
    ...(theirs === '' ? [] : [`only the specification has ${theirs}`]),
  ]
}

function describeContents(difference: Difference): string[] {
  if (difference.kind !== 'types' && difference.kind !== 'values') return []
  const { kind, onlyLeft, onlyRight } = difference
  // Where one of them does not say, the other one is only more exact.
  if (onlyLeft === undefined || onlyRight === undefined) return []
  if (kind === 'types') {
    const wrong = onlyLeft.filter((type) => !(type === 'integer' && onlyRight.includes('number')))
    const theirs = onlyRight.length === 0 ? 'does not allow that' : `has ${onlyRight.join(' or ')}`
    return wrong.length === 0 ? [] : [`the contract has the type ${wrong.join(' or ')}, the specification ${theirs}`]
  }
  return [
    ...(onlyLeft.length > 0 ? [`only the contract has the value ${onlyLeft.join(', ')}`] : []),
    ...(onlyRight.length > 0 ? [`only the specification has the value ${onlyRight.join(', ')}`] : []),
  ]
}

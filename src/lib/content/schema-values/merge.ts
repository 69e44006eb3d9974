import { isDeepStrictEqual } from 'node:util'
import { isObject, type SchemaObject } from './maker.js'

/**
 * Joins two schemas that a value must both fit, neither of them with `$ref`, `allOf` or the like at its top. Where that
 * cannot be said in one schema, as with two patterns, the first is kept: the values made have to be tried on both.
 */
export function mergeSchemas(a: SchemaObject, b: SchemaObject): SchemaObject {
  const [first, second] = [withoutForbidden(a, b), withoutForbidden(b, a)]
  const merged: Record<string, unknown> = { ...second, ...first }
  for (const [keyword, value] of Object.entries(second)) {
    const other = first[keyword]
    if (other !== undefined) merged[keyword] = mergeKeyword(keyword, other, value)
  }
  return merged
}

function mergeKeyword(keyword: string, a: unknown, b: unknown): unknown {
  switch (keyword) {
    case 'type':
      return intersectTypes([a].flat(), [b].flat())
    case 'enum':
      return listOf(a).filter((one) => listOf(b).some((other) => isDeepStrictEqual(one, other)))
    case 'required':
      return [...new Set([...listOf(a), ...listOf(b)])]
    case 'minimum':
    case 'exclusiveMinimum':
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return Math.max(Number(a), Number(b))
    case 'maximum':
    case 'exclusiveMaximum':
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return Math.min(Number(a), Number(b))
    case 'uniqueItems':
      return a === true || b === true
    case 'properties':
    case 'patternProperties':
      return mergeNamed(a, b)
    case 'items':
      return Array.isArray(a) || Array.isArray(b) ? a : { allOf: [a, b] }
    case 'additionalProperties':
    case 'contains':
    case 'propertyNames':
      return a === false || b === false ? false : { allOf: [a, b] }
    default:
      return a
  }
}

function mergeNamed(a: unknown, b: unknown): SchemaObject {
  const [named, others] = [isObject(a) ? a : {}, isObject(b) ? b : {}]
  const both = Object.entries(others).map(
    ([name, schema]) => [name, Object.hasOwn(named, name) ? { allOf: [named[name], schema] } : schema] as const,
  )
  return Object.fromEntries([...Object.entries(named), ...both])
}

/** A schema without the properties that another one, which has a closed list of them, does not let the value have. */
function withoutForbidden(schema: SchemaObject, other: SchemaObject): SchemaObject {
  const { properties } = schema
  if (!isObject(properties) || other['additionalProperties'] !== false || other['patternProperties'] !== undefined) {
    return schema
  }
  const allowed = isObject(other['properties']) ? other['properties'] : {}
  const kept = Object.entries(properties).filter(([name]) => Object.hasOwn(allowed, name))
  return { ...schema, properties: Object.fromEntries(kept) }
}

function intersectTypes(a: readonly unknown[], b: readonly unknown[]): unknown[] {
  const fits = (type: unknown, types: readonly unknown[]): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  return [...new Set([...a.filter((type) => fits(type, b)), ...b.filter((type) => fits(type, a))])]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

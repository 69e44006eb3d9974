import { isObject, type SchemaObject } from './maker.js'
import { mergeSchemas } from './merge.js'
import { UnsupportedError } from './unsupported.js'

/** One way to fit a schema: plain keywords, and the references that led to them. */
export interface Alternative {
  readonly schema: SchemaObject
  readonly trail: readonly string[]
}

/** So often a reference may occur on the way from the root to a part: a schema that contains itself has to end. */
const MAX_VISITS = 2
/** More ways than this are not looked at: `anyOf` within `allOf` multiply. */
const MAX_ALTERNATIVES = 64

const COMBINED = new Set(['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'not', 'const'])

/**
 * Returns the ways to fit a schema, each as one flat schema: references followed, `allOf` joined, one of `anyOf` or `oneOf`
 * chosen, `if` either with `then` or left to chance with `else`. A value of one of them need not fit: `oneOf` and `not` also
 * forbid something, so that it has to be tried.
 *
 * @throws UnsupportedError when there is none
 */
export function listAlternatives(
  root: SchemaObject,
  schema: unknown,
  trail: readonly string[],
): readonly Alternative[] {
  if (schema === true || schema === undefined) return [{ schema: {}, trail }]
  if (schema === false) throw new UnsupportedError('lets nothing be there')
  if (!isObject(schema)) throw new UnsupportedError('is no schema')

  const plain = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !COMBINED.has(keyword)))
  const base = Object.hasOwn(schema, 'const') ? mergeSchemas(plain, { enum: [schema['const']] }) : plain
  const demands: (readonly Alternative[])[] = [[{ schema: base, trail }]]
  const of = (part: unknown, partTrail = trail): readonly Alternative[] => listAlternatives(root, part, partTrail)

  const { $ref: reference, allOf, anyOf, oneOf } = schema
  if (typeof reference === 'string') demands.push(of(...follow(root, reference, trail)))
  if (Array.isArray(allOf)) demands.push(...allOf.map((part) => of(part)))
  for (const list of [anyOf, oneOf]) if (Array.isArray(list)) demands.push(anyAlternative(list, of))
  if (schema['if'] !== undefined) {
    const whenTrue = { allOf: [schema['if'], schema['then'] ?? true] }
    demands.push(anyAlternative([whenTrue, schema['else'] ?? true], of))
  }
  return demands.reduce((left, right) => combine(left, right, trail.length))
}

/** Those of the parts that have any; some may have none. */
function anyAlternative(
  parts: readonly unknown[],
  of: (part: unknown) => readonly Alternative[],
): readonly Alternative[] {
  const failures: UnsupportedError[] = []
  const found = parts.flatMap((part) => {
    try {
      return of(part)
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      failures.push(error)
      return []
    }
  })
  if (found.length === 0) throw failures[0] ?? new UnsupportedError('has an empty list of alternatives')
  return found
}

/** All pairs; both trails begin with the same references. */
function combine(
  left: readonly Alternative[],
  right: readonly Alternative[],
  commonLength: number,
): readonly Alternative[] {
  const pairs = left.flatMap((a) =>
    right.map((b) => ({
      schema: mergeSchemas(a.schema, b.schema),
      trail: [...a.trail, ...b.trail.slice(commonLength)],
    })),
  )
  return pairs.slice(0, MAX_ALTERNATIVES)
}

/** What a reference within the document leads to (RFC 6901). */
function follow(root: SchemaObject, reference: string, trail: readonly string[]): [unknown, readonly string[]] {
  if (!/^#(\/|$)/.test(reference)) throw new UnsupportedError(`refers to ${reference}, outside of the schema`)
  if (trail.filter((one) => one === reference).length >= MAX_VISITS) {
    throw new UnsupportedError(`contains itself by ${reference} without an end`, { recursesBy: reference })
  }
  let target: unknown = root
  for (const step of decodeURIComponent(reference.slice(1)).split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    const isThere = Array.isArray(target) || (isObject(target) && Object.hasOwn(target, key))
    target = isThere ? (target as Record<string, unknown>)[key] : undefined
  }
  if (target === undefined) throw new UnsupportedError(`refers to ${reference}, which is not there`)
  return [target, [...trail, reference]]
}

import { loremWord } from '../lorem.js'
import { isObject, numberOf, type Maker, type PartCompiler, type SchemaObject } from './maker.js'
import { UnsupportedError } from './unsupported.js'

/** Properties that a map without names of its own is given. */
const MAP_PROPERTIES = 2
/** Names that are made for one property of a map. */
const MAX_TRIES = 50

/**
 * Makes objects with all properties that the schema names, also those that may be left out.
 *
 * @throws UnsupportedError when the object must have a property that cannot be made
 */
export function objectMaker(
  compiler: PartCompiler,
  schema: SchemaObject,
  path: string,
  trail: readonly string[],
): Maker {
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as unknown[]).map(String) : [])
  const max = numberOf(schema, 'maxProperties', Infinity)
  const named = compileNamed(compiler, schema, path, trail, required)
  const kept = [...named]
    .toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
    .slice(0, max)
    .map(([name]) => name)
  if (required.size > max) throw new UnsupportedError('has more required properties than it may have at all')
  const order = [...named].filter(([name]) => kept.includes(name))

  const wanted = isObject(schema['properties']) ? 0 : isMap(schema) ? MAP_PROPERTIES : 0
  const missing = Math.min(max, Math.max(numberOf(schema, 'minProperties', 0), wanted)) - order.length
  const more = missing > 0 ? compileMap(compiler, schema, path, trail) : undefined
  return (making) => {
    const entries = new Map(order.map(([name, make]) => [name, make(making)]))
    for (let tries = 0, added = 0; more !== undefined && added < missing && tries < MAX_TRIES; tries++) {
      const name = String(more.makeName(making))
      if (entries.has(name)) continue
      entries.set(name, more.makeValue(making))
      added++
    }
    return Object.fromEntries(entries)
  }
}

/** The properties that have a name, in the order of the schema. */
function compileNamed(
  compiler: PartCompiler,
  schema: SchemaObject,
  path: string,
  trail: readonly string[],
  required: ReadonlySet<string>,
): ReadonlyMap<string, Maker> {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const undescribed = [...required].filter((name) => !Object.hasOwn(properties, name))
  const all = [
    ...Object.entries(properties),
    ...undescribed.map((name) => [name, schemaOfOther(schema, name)] as const),
  ]
  const makers = new Map<string, Maker>()
  for (const [name, property] of all) {
    const propertyPath = path === '' ? name : `${path}.${name}`
    try {
      makers.set(name, compiler.compile(property, propertyPath, trail))
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      if (required.has(name)) throw new UnsupportedError(describePlace(name, error), error)
      // What must not be there is not missing.
      if (property !== false) compiler.leaveOut(propertyPath, error, trail)
    }
  }
  return makers
}

/** Names the innermost place that fails, with the properties around it before it. */
function describePlace(name: string, { message }: UnsupportedError): string {
  return /^needs /.test(message) ? message.replace(/^needs /, `needs ${name}.`) : `needs ${name}, which ${message}`
}

function isMap(schema: SchemaObject): boolean {
  return isObject(schema['additionalProperties']) || isObject(schema['patternProperties'])
}

/** The schema of a property that is not among `properties`. */
function schemaOfOther({ patternProperties, additionalProperties }: SchemaObject, name: string): unknown {
  const patterns = Object.entries(isObject(patternProperties) ? patternProperties : {})
  const [match] = patterns.filter(([pattern]) => new RegExp(pattern).test(name))
  return match === undefined ? (additionalProperties ?? true) : match[1]
}

interface MapMakers {
  readonly makeName: Maker
  readonly makeValue: Maker
}

/** For properties whose names are free. */
function compileMap(compiler: PartCompiler, schema: SchemaObject, path: string, trail: readonly string[]): MapMakers {
  const { patternProperties, additionalProperties, propertyNames } = schema
  const [pattern] = Object.entries(isObject(patternProperties) ? patternProperties : {})
  const namePath = `${path}.*name*`
  if (pattern !== undefined) {
    const names = { allOf: [{ type: 'string', pattern: pattern[0] }, propertyNames ?? true] }
    return {
      makeName: compiler.compile(names, namePath, trail),
      makeValue: compiler.compile(pattern[1], `${path}.*`, trail),
    }
  }
  return {
    makeName:
      propertyNames === undefined
        ? ({ random }) => loremWord(random)
        : compiler.compile({ allOf: [{ type: 'string' }, propertyNames] }, namePath, trail),
    makeValue: compiler.compile(additionalProperties ?? true, `${path}.*`, trail),
  }
}

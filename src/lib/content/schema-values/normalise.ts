import { isObject, type SchemaObject } from './maker.js'

/** Keywords whose value is a schema, or a list of them. */
const WITH_SCHEMAS = new Set(
  (
    'items additionalItems prefixItems contains additionalProperties propertyNames not if then else ' +
    'allOf anyOf oneOf'
  ).split(' '),
)
/** Keywords whose value holds schemas by name. */
const WITH_NAMED_SCHEMAS = new Set(
  'properties patternProperties definitions $defs dependencies dependentSchemas'.split(' '),
)

/**
 * A copy of a schema as draft 7 has it. Older drafts are still about, and Bailo's validator takes them: `id` for `$id`, and
 * `exclusiveMinimum: true`. The names of drafts and of schemas are left out, so that all references are seen from the root.
 */
export function normaliseSchema(root: SchemaObject): SchemaObject {
  const rootId = [root['$id'], root['id']].find((id) => typeof id === 'string')
  const normalise = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(normalise)
    if (!isObject(schema)) return schema
    return tidy(
      Object.fromEntries(
        Object.entries(schema).map(([keyword, value]) => {
          if (WITH_SCHEMAS.has(keyword)) return [keyword, normalise(value)]
          if (WITH_NAMED_SCHEMAS.has(keyword) && isObject(value)) {
            return [keyword, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, normalise(inner)]))]
          }
          if (keyword === '$ref' && rootId !== undefined && typeof value === 'string' && value.startsWith(rootId)) {
            return [keyword, value.slice(rootId.length) || '#']
          }
          return [keyword, value]
        }),
      ),
    )
  }
  return normalise(root) as SchemaObject
}

function tidy(schema: Record<string, unknown>): SchemaObject {
  delete schema['$schema']
  for (const keyword of ['$id', 'id']) if (typeof schema[keyword] === 'string') delete schema[keyword]
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue
    const isExclusive = schema[exclusive]
    delete schema[exclusive]
    if (!isExclusive || schema[bound] === undefined) continue
    schema[exclusive] = schema[bound]
    delete schema[bound]
  }
  // Draft 3 had `required: true` inside of the property.
  if (typeof schema['required'] === 'boolean') delete schema['required']
  return schema
}

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { isObject } from './contract.js'
import type { JsonObject } from './state.js'

/** One finding, in the form of the library that the server validates cards with (jsonschema). */
export interface SchemaFinding {
  readonly path: readonly (string | number)[]
  readonly property: string
  readonly message: string
  readonly schema: unknown
  readonly instance?: unknown
  readonly name?: string
  readonly argument?: unknown
  readonly stack: string
}

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true })
addFormats.default(ajv)

const validators = new WeakMap<JsonObject, ValidateFunction>()

/** Returns what does not fit the schema (JSON schema, draft 7); nothing when everything does. */
export function checkAgainstSchema(value: unknown, schema: JsonObject): SchemaFinding[] {
  if (value === undefined) return [describeFinding([], 'is required, but is undefined', { schema: listStates(schema) })]
  const validate = validators.get(schema) ?? ajv.compile(schema)
  validators.set(schema, validate)
  if (validate(value)) return []
  // Findings inside a property come before those about the properties of the object.
  return [...(validate.errors ?? [])]
    .sort((a, b) => Number(isAboutProperties(a)) - Number(isAboutProperties(b)))
    .map((error) => translate(error, value, schema))
}

/** Returns the schema as the server shows it one by one: with the model states that require some of its answers. */
export function listStates(schema: JsonObject): JsonObject {
  const states = new Set<unknown>()
  collectStates(schema, states)
  return { ...schema, ...(states.size > 0 && { stateList: [...states] }) }
}

function collectStates(value: unknown, states: Set<unknown>): void {
  if (!isObject(value)) return
  const { requiredByModelStates: required } = value
  if (Array.isArray(required)) for (const state of required) states.add(state)
  for (const inner of Object.values(value)) collectStates(inner, states)
}

function isAboutProperties({ keyword }: ErrorObject): boolean {
  return keyword === 'additionalProperties' || keyword === 'required'
}

function translate(error: ErrorObject, root: unknown, rootSchema: JsonObject): SchemaFinding {
  const path = readPointer(error.instancePath, root)
  const { message, argument } = describeError(error)
  const parent = error.parentSchema as JsonObject
  const schema = parent === rootSchema ? listStates(rootSchema) : parent
  return describeFinding(path, message, { schema, instance: error.data, name: error.keyword, argument })
}

function describeFinding(
  path: SchemaFinding['path'],
  message: string,
  details: Pick<SchemaFinding, 'schema' | 'instance' | 'name' | 'argument'>,
): SchemaFinding {
  const property = path.reduce<string>(
    (text, k) => (typeof k === 'number' ? `${text}[${k}]` : `${text}.${k}`),
    'instance',
  )
  return { path, property, message, ...details, stack: `${property} ${message}` }
}

function describeError({ keyword, params, schema, message = '' }: ErrorObject): { message: string; argument: unknown } {
  const { additionalProperty, missingProperty } = params as { additionalProperty?: string; missingProperty?: string }
  switch (keyword) {
    case 'type':
      return { message: `is not of a type(s) ${String(schema)}`, argument: [schema].flat() }
    case 'additionalProperties':
      return {
        message: `is not allowed to have the additional property "${additionalProperty}"`,
        argument: additionalProperty,
      }
    case 'required':
      return { message: `requires property "${missingProperty}"`, argument: missingProperty }
    case 'minLength':
    case 'minItems':
      return { message: `does not meet minimum length of ${String(schema)}`, argument: schema }
    case 'maxLength':
    case 'maxItems':
      return { message: `does not meet maximum length of ${String(schema)}`, argument: schema }
    case 'format':
      return { message: `does not conform to the "${String(schema)}" format`, argument: schema }
    case 'uniqueItems':
      return { message: 'contains duplicate item', argument: schema }
    default:
      return { message, argument: schema }
  }
}

function readPointer(pointer: string, root: unknown): (string | number)[] {
  let value = root
  return pointer
    .split('/')
    .slice(1)
    .map((escaped) => {
      const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
      const isIndex = Array.isArray(value)
      value = (value as Record<string, unknown>)[key]
      return isIndex ? Number(key) : key
    })
}

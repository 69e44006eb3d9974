import type { ErrorObject } from 'ajv'
import { isObject, type Contract } from './contract.js'
import { badRequest, type BailoError } from './errors.js'
import type { JsonObject } from './state.js'

/** One finding of the server's validation, in the form of the library that it uses (zod 3). */
export interface ZodIssue {
  readonly code: string
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly [detail: string]: unknown
}

/** Returns the server's refusal of a request that does not fit its validation (observed). */
export function invalidRequest(issues: readonly ZodIssue[]): BailoError {
  const message = issues.map((issue) => `Path: ${formatPath(issue.path)} - Message: ${issue.message}`).join(' | ')
  return badRequest(message, { errors: issues })
}

/** Returns the finding for a value that has the wrong type, or is not there at all. */
export function wrongType(path: ZodIssue['path'], expected: string, value: unknown): ZodIssue {
  const received = nameType(value)
  const message = received === 'undefined' ? 'Required' : `Expected ${expected}, received ${received}`
  return { code: 'invalid_type', expected, received, path, message }
}

/**
 * Translates what Ajv found (with the options `allErrors` and `verbose`) in a part of a request to what the server says,
 * in the order in which the schema has its properties, as zod does.
 */
export function translateErrors(
  errors: readonly ErrorObject[],
  part: { name: string; value: unknown; schema: unknown; contract: Contract },
): ZodIssue[] {
  return errors
    .filter((error) => !isImplied(error, errors))
    .map((error) => ({ error, keys: keysOf(error, part.value) }))
    .map(({ error, keys }) => ({
      issue: translate(error, [part.name, ...keys], part.contract),
      position: positionOf(keys, part.schema, part.contract),
    }))
    .sort((a, b) => comparePositions(a.position, b.position))
    .map(({ issue }) => issue)
}

/** zod says one thing where Ajv says several: of a union that it does not fit, of an enumeration that it is no text. */
function isImplied(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (error.keyword === 'enum' && typeof error.data !== 'string') return true
  const unions = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
  return unions.some((union) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`))
}

function translate(error: ErrorObject, path: ZodIssue['path'], contract: Contract): ZodIssue {
  const params = error.params as Record<string, unknown>
  const limit = params.limit as number
  switch (error.keyword) {
    case 'required': {
      const missing = findMissingSchema(error, contract)
      if (missing.const !== undefined) return wrongLiteral(path, missing.const, undefined)
      return wrongType(path, describeExpected(missing), undefined)
    }
    case 'type':
      return translateType(error, path)
    case 'const':
      return wrongLiteral(path, params.allowedValue, error.data)
    case 'enum': {
      const { 'x-named-first': first } = error.parentSchema as JsonObject
      const options = [...(first === undefined ? [] : [first]), ...(params.allowedValues as unknown[])]
      const message = `Invalid enum value. Expected ${joinOptions(options)}, received '${String(error.data)}'`
      return { received: error.data, code: 'invalid_enum_value', options, path, message }
    }
    case 'minLength': {
      const { 'x-refusal': refusal = `String must contain at least ${limit} character(s)` } =
        error.parentSchema as JsonObject
      return tooSmall(path, 'string', limit, String(refusal))
    }
    case 'discriminator': {
      const tag = String(params.tag)
      const options = listTags(error.parentSchema as JsonObject, tag)
      const message = `Invalid discriminator value. Expected ${joinOptions(options)}`
      return { code: 'invalid_union_discriminator', options, path, message }
    }
    case 'minItems':
      return tooSmall(path, 'array', limit, `Array must contain at least ${limit} element(s)`)
    case 'minimum':
      return tooSmall(path, 'number', limit, `Number must be greater than or equal to ${limit}`)
    case 'maximum': {
      const message = `Number must be less than or equal to ${limit}`
      return { code: 'too_big', maximum: limit, type: 'number', inclusive: true, exact: false, message, path }
    }
    case 'exclusiveMinimum':
      return { ...tooSmall(path, 'number', limit, `Number must be greater than ${limit}`), inclusive: false }
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      return { code: 'unrecognized_keys', keys: [key], path, message: `Unrecognized key(s) in object: '${key}'` }
    }
    case 'pattern': {
      const { 'x-refusal': refusal = 'Invalid' } = error.parentSchema as JsonObject
      return { validation: 'regex', code: 'invalid_string', message: String(refusal), path }
    }
    case 'format': {
      // Asked for only where the server makes a date of whatever comes.
      if (params.format === 'date-time') return { code: 'invalid_date', path, message: 'Invalid date' }
      const validation = params.format
      return { code: 'invalid_string', validation, message: `Invalid ${String(validation)}`, path }
    }
    default:
      return { code: 'invalid_union', unionErrors: [], path, message: 'Invalid input' }
  }
}

function translateType({ parentSchema, data }: ErrorObject, path: ZodIssue['path']): ZodIssue {
  const schema = parentSchema as JsonObject
  if (schema.type === 'integer' && Number.isFinite(data)) {
    const [expected, received] = ['integer', 'float']
    return { code: 'invalid_type', expected, received, message: 'Expected integer, received float', path }
  }
  return wrongType(path, describeExpected(schema), data)
}

function wrongLiteral(path: ZodIssue['path'], expected: unknown, received: unknown): ZodIssue {
  const message = `Invalid literal value, expected ${JSON.stringify(expected)}`
  return { received, code: 'invalid_literal', expected, path, message }
}

/** The values by which the kinds of an object are told apart. */
function listTags({ oneOf }: JsonObject, tag: string): unknown[] {
  const properties = (oneOf as { properties: Record<string, JsonObject> }[]).map((one) => one.properties[tag])
  return properties.flatMap((property) => property?.enum ?? property?.const)
}

function tooSmall(path: ZodIssue['path'], type: string, minimum: number, message: string): ZodIssue {
  return { code: 'too_small', minimum, type, inclusive: true, exact: false, message, path }
}

function keysOf(error: ErrorObject, root: unknown): (string | number)[] {
  const keys: (string | number)[] = []
  let value = root
  for (const escaped of error.instancePath.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
    keys.push(Array.isArray(value) ? Number(key) : key)
    value = (value as Record<string, unknown>)[key]
  }
  const { missingProperty, tag } = error.params as { missingProperty?: string; tag?: string }
  return [...keys, ...[missingProperty ?? tag].filter((key) => key !== undefined)]
}

/** Where the value stands in the schema: the index of the property on each level. */
function positionOf(keys: readonly (string | number)[], schema: unknown, contract: Contract): number[] {
  let inner = contract.resolve(schema)
  return keys.map((key) => {
    if (typeof key === 'number') {
      inner = contract.resolve(inner.items)
      return key
    }
    const properties = isObject(inner.properties) ? inner.properties : {}
    inner = contract.resolve(properties[key])
    return Object.keys(properties).indexOf(key)
  })
}

function comparePositions(a: readonly number[], b: readonly number[]): number {
  const level = a.findIndex((position, index) => position !== b[index])
  if (level === -1) return a.length - b.length
  return (a[level] ?? 0) - (b[level] ?? 0)
}

function findMissingSchema(error: ErrorObject, contract: Contract): JsonObject {
  const { properties } = error.parentSchema as { properties?: Record<string, unknown> }
  const { missingProperty } = error.params as { missingProperty: string }
  return contract.resolve(properties?.[missingProperty])
}

/** zod has no integers: a fraction is a finding of its own. */
function describeExpected({ type, enum: options }: JsonObject): string {
  if (Array.isArray(options)) return joinOptions(options)
  return type === 'integer' ? 'number' : String(type)
}

function joinOptions(options: readonly unknown[]): string {
  return options.map((option) => `'${String(option)}'`).join(' | ')
}

function nameType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (Number.isNaN(value)) return 'nan'
  return typeof value
}

function formatPath(path: ZodIssue['path']): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

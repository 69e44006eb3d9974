import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { isRecord } from '../../http/errors.js'
import { showServerText } from '../../http/server-text.js'
import type { SchemaPlace } from '../schema/shape.js'
import type { SpecificationDocument } from '../specification/document.js'
import type { Mismatch } from './mismatch.js'

/** What is told of one answer at most: a list of a thousand entries may be wrong a thousand times. */
const MAX_PROBLEMS = 20

type Problem = Pick<Mismatch, 'pointer' | 'problem'>

/** Checks values against the schemas of one document. */
export class Validator {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false, logger: false })
  readonly #compiled = new Map<string, ValidateFunction | undefined>()

  constructor(document: SpecificationDocument) {
    addFormats.default(this.#ajv)
    const root = document.openapi.startsWith('3.0') ? toJsonSchema(document.root) : document.root
    this.#ajv.addSchema({ ...(root as object), $id: 'specification' })
  }

  /** What is wrong with a value; undefined when its schema cannot be used. */
  check(schema: SchemaPlace, value: unknown): readonly Problem[] | undefined {
    const validate = this.#compile(schema.pointer)
    if (validate === undefined) return undefined
    if (validate(value) === true) return []
    const problems = (validate.errors ?? []).filter(isTelling).map((error) => describe(error, value))
    const distinct = new Map(problems.map((one) => [`${one.pointer} ${one.problem}`, one]))
    return [...distinct.values()].slice(0, MAX_PROBLEMS)
  }

  #compile(pointer: string): ValidateFunction | undefined {
    if (!this.#compiled.has(pointer)) this.#compiled.set(pointer, this.#tryCompile(pointer))
    return this.#compiled.get(pointer)
  }

  #tryCompile(pointer: string): ValidateFunction | undefined {
    try {
      return this.#ajv.compile({ $ref: `specification#${encodeURI(pointer)}` })
    } catch {
      // A pattern that is none, or a reference that leads nowhere.
      return undefined
    }
  }
}

/** The branches of a union all fail when it does; the union itself says so. */
function isTelling({ schemaPath, keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf' || !/\/(anyOf|oneOf)\//.test(schemaPath)
}

function describe({ instancePath: pointer, keyword, params, message }: ErrorObject, value: unknown): Problem {
  const details = params as Record<string, unknown>
  switch (keyword) {
    case 'required':
      return { pointer, problem: `lacks "${String(details['missingProperty'])}"` }
    case 'type':
      return { pointer, problem: `is ${nameType(lookUp(value, pointer))}, not ${String(details['type'])}` }
    case 'enum':
      return {
        pointer,
        problem: `is ${showServerText(JSON.stringify(lookUp(value, pointer)))}, not one of the enumeration`,
      }
    default:
      return { pointer, problem: message ?? 'does not fit' }
  }
}

function nameType(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function lookUp(value: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1)
  return names.reduce<unknown>((inner, name) => {
    const key = name.replaceAll('~1', '/').replaceAll('~0', '~')
    return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined
  }, value)
}

/** Turns what OpenAPI 3.0 has of its own into JSON Schema: `nullable`, and exclusive limits as flags. */
function toJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonSchema)
  if (!isRecord(value)) return value
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, toJsonSchema(inner)]),
  )
  for (const [flag, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (rest[flag] === true) {
      rest[flag] = rest[limit]
      delete rest[limit]
    } else if (rest[flag] === false) delete rest[flag]
  }
  // A property may be called nullable; then it is not true, but a schema.
  if (nullable === undefined || typeof nullable !== 'boolean')
    return { ...rest, ...(nullable !== undefined && { nullable }) }
  return nullable ? { anyOf: [rest, { type: 'null' }] } : rest
}

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { JsonObject } from './state.js'

/** The key under which validators know the contract; references in schemas are made absolute with it. */
export const CONTRACT_ID = 'contract'

/** One operation of the contract, reduced to what a server needs. */
export interface Operation {
  /** The schema of a JSON request body; undefined when there is none. */
  readonly bodySchema: JsonObject | undefined
  /** The schema of the query as an object. */
  readonly querySchema: JsonObject
  /** The schema of those parts of the path that are checked, as an object; undefined when there are none. */
  readonly paramsSchema: JsonObject | undefined
}

/** The project's description of Bailo's API. */
export class Contract {
  constructor(readonly document: JsonObject) {}

  /** Returns the operation; undefined when the contract does not have it. */
  findOperation(method: string, template: string): Operation | undefined {
    const operation = readPath(this.document, ['paths', template, method])
    if (!isObject(operation)) return undefined
    const body = this.resolve(operation.requestBody)
    return {
      bodySchema: asObject(makeAbsolute(readPath(body, ['content', 'application/json', 'schema']))),
      querySchema: this.describeQuery(operation),
      paramsSchema: this.describeParams(operation),
    }
  }

  /** Follows a reference within the contract; anything else is returned as it is. */
  resolve(value: unknown): JsonObject {
    if (!isObject(value)) return {}
    const { $ref: reference } = value
    if (typeof reference !== 'string') return value
    return this.resolve(readPath(this.document, reference.replace(/^.*#\//, '').split('/')))
  }

  private describeQuery(operation: JsonObject): JsonObject {
    const described = describeParameters(this.listParameters(operation, 'query'))
    return operation['x-strict-query'] === true ? { ...described, additionalProperties: false } : described
  }

  private describeParams(operation: JsonObject): JsonObject | undefined {
    const checked = this.listParameters(operation, 'path').filter(({ schema }) => {
      const { pattern, enum: values } = this.resolve(schema)
      return pattern !== undefined || values !== undefined
    })
    return checked.length === 0 ? undefined : describeParameters(checked)
  }

  private listParameters({ parameters = [] }: JsonObject, place: 'query' | 'path'): JsonObject[] {
    return (parameters as unknown[]).map((one) => this.resolve(one)).filter((one) => one.in === place)
  }
}

let loaded: Contract | undefined

/**
 * Reads the contract of this package; later calls give the same object.
 *
 * @throws Error when the file is not in the package
 */
export function loadContract(): Contract {
  loaded ??= new Contract(readContract())
  return loaded
}

/**
 * The build turns the contract into JSON, because reading the YAML takes 200 ms and memory that Node does not give back
 * soon: a sandbox peaked 25 MiB higher.
 */
function readContract(): JsonObject {
  const file = findContractFile()
  const text = readFileSync(file, 'utf8')
  return (file.endsWith('.json') ? JSON.parse(text) : parse(text)) as JsonObject
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The sources and the build lie at different depths of the package, so the file is looked for upwards. */
function findContractFile(): string {
  for (let directory = import.meta.dirname; ; directory = path.dirname(directory)) {
    const files = ['json', 'yaml'].map((extension) => path.join(directory, 'openapi', `bailo-v2.${extension}`))
    const file = files.find((one) => existsSync(one))
    if (file !== undefined) return file
    if (directory === path.dirname(directory)) throw new Error('openapi/bailo-v2.yaml is missing from the package')
  }
}

function readPath(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value)
}

function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

function describeParameters(parameters: readonly JsonObject[]): JsonObject {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, makeAbsolute(schema)])),
    required: parameters.filter(({ required }) => required === true).map(({ name }) => name),
  }
}

/** Makes references independent of the document in which the schema is put. */
function makeAbsolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(makeAbsolute)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? inner.replace(/^#/, `${CONTRACT_ID}#`) : makeAbsolute(inner),
    ]),
  )
}

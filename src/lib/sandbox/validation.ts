import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { CONTRACT_ID, isObject, type Contract, type Operation } from './contract.js'
import type { JsonObject } from './state.js'
import { invalidRequest, translateErrors, wrongType, type ZodIssue } from './zod-issues.js'

/** The parts of a request that the server validates. */
export interface RequestParts {
  /** The parts of the path, by name. */
  readonly params: unknown
  readonly query: Readonly<Record<string, unknown>>
  /** Undefined when there is no body, or not a JSON one. */
  readonly body: unknown
}

/** Makes checks of requests out of the contract. */
export class RequestValidator {
  private readonly ajv: Ajv2020

  constructor(private readonly contract: Contract) {
    this.ajv = new Ajv2020({ strict: false, strictNumbers: true, allErrors: true, verbose: true, discriminator: true })
    addFormats.default(this.ajv)
    const text = JSON.stringify(contract.document)
    this.ajv.addSchema(JSON.parse(text, nameDiscriminator) as JsonObject, CONTRACT_ID)
  }

  /**
   * Compiles the check of one operation. The check returns the query with its values turned into the types of the
   * contract, as the server does it, and throws the server's refusal when something does not fit.
   */
  compile(operation: Operation): (request: RequestParts) => Record<string, unknown> {
    const checkParams = operation.paramsSchema && this.compilePart('params', operation.paramsSchema)
    const checkQuery = this.compilePart('query', operation.querySchema)
    const checkBody = operation.bodySchema && this.compilePart('body', operation.bodySchema)
    return ({ params, query: rawQuery, body }) => {
      const query = this.coerceQuery(rawQuery, operation.querySchema)
      const issues = [...(checkParams?.(params) ?? []), ...checkQuery(query), ...(checkBody?.(body) ?? [])]
      if (issues.length > 0) throw invalidRequest(issues)
      return query
    }
  }

  private compilePart(name: string, schema: JsonObject): (value: unknown) => ZodIssue[] {
    let compiled: ValidateFunction | undefined
    return (value) => {
      // When first used: all of them together take 10 MiB, and a sandbox is asked for a few.
      const validate = (compiled ??= this.ajv.compile(schema))
      if (value === undefined) return [wrongType([name], 'object', undefined)]
      if (validate(value)) return []
      return translateErrors(validate.errors ?? [], { name, value, schema, contract: this.contract })
    }
  }

  /** Unknown parameters stay as they are; the server ignores them. */
  private coerceQuery(query: RequestParts['query'], schema: JsonObject): Record<string, unknown> {
    const properties = isObject(schema.properties) ? schema.properties : {}
    const coerced = Object.entries(query).map(([name, value]) => [
      name,
      name in properties ? coerce(value, this.contract.resolve(properties[name]).type) : value,
    ])
    return Object.fromEntries(coerced.filter(([, value]) => value !== undefined)) as Record<string, unknown>
  }
}

/** Gives a union the discriminator that the contract calls by another name; see there. */
function nameDiscriminator(_key: string, value: unknown): unknown {
  if (!isObject(value) || value['x-discriminator'] === undefined) return value
  return { ...value, discriminator: { propertyName: value['x-discriminator'] } }
}

function coerce(value: unknown, type: unknown): unknown {
  switch (type) {
    case 'array':
      if (value === '') return undefined
      return Array.isArray(value) ? value : [value]
    case 'boolean':
      if (value === 'true') return true
      return value === 'false' ? false : value
    case 'number':
    case 'integer':
      return Number(value)
    default:
      return value
  }
}

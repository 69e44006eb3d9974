import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { isObject, type SchemaObject } from './maker.js'

/** The name under which the parts of a schema refer to the whole. */
const ROOT = 'schema:root'

/** Looks for what does not fit; undefined when everything does. */
export type Check = (value: unknown) => string | undefined

/** Patterns as Bailo's validator reads them: by the rules for Unicode, or by the older ones where they forbid it. */
const readPattern = Object.assign(
  (source: string, _flags: string): RegExp => {
    try {
      return new RegExp(source, 'u')
    } catch {
      return new RegExp(source)
    }
  },
  { code: 'readPattern' },
)

/** Checks values on a schema (JSON schema, draft 7), and on parts of it by themselves. */
export class SchemaValidator {
  readonly #ajv = new Ajv({ strict: false, logger: false, code: { regExp: readPattern } })
  readonly #root: ValidateFunction

  /** @throws Error when it is no schema, or has references that lead nowhere */
  constructor(root: SchemaObject) {
    addFormats.default(this.#ajv)
    this.#ajv.addFormat('regex', { validate: isPattern })
    this.#ajv.addSchema(root, ROOT)
    this.#root = this.#ajv.compile({ $ref: ROOT })
  }

  /** The check of a whole value. */
  readonly checkRoot: Check = (value) => this.#check(this.#root, value)

  /** Makes the check of a value of a part of the schema. */
  compilePart(part: SchemaObject): Check {
    const validate = this.#ajv.compile(referToRoot(part) as SchemaObject)
    return (value) => this.#check(validate, value)
  }

  #check(validate: ValidateFunction, value: unknown): string | undefined {
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors, { dataVar: 'card' })
  }
}

function isPattern(source: string): boolean {
  try {
    readPattern(source, '')
    return true
  } catch {
    return false
  }
}

/** A copy in which references are seen from the root, wherever the part is by itself. */
function referToRoot(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(referToRoot)
  if (!isObject(part)) return part
  const entries = Object.entries(part).map(([keyword, value]) => {
    const isReference = keyword === '$ref' && typeof value === 'string' && value.startsWith('#')
    return [keyword, isReference ? ROOT + value : referToRoot(value)] as const
  })
  return Object.fromEntries(entries)
}

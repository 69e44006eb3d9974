import { createRandom, type Random } from '../seeded-random.js'
import { listAlternatives, type Alternative } from './alternatives.js'
import { arrayMaker } from './arrays.js'
import { isObject, type Maker, type PartCompiler, type SchemaObject, type TextMaker } from './maker.js'
import { numberMaker } from './numbers.js'
import { objectMaker } from './objects.js'
import { stringMaker } from './strings.js'
import { UnsupportedError } from './unsupported.js'
import type { Check, SchemaValidator } from './validator.js'

/** What can be made of a part of a schema. */
export type FieldKind = 'text' | 'date' | 'number' | 'boolean' | 'choice' | 'list' | 'object' | 'nothing'

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const

type Type = (typeof TYPES)[number]

/** The keywords that say what type is meant where the schema does not. */
const TYPE_OF_KEYWORDS: readonly (readonly [Type, readonly string[]])[] = [
  ['object', ['properties', 'required', 'additionalProperties', 'patternProperties', 'minProperties', 'propertyNames']],
  ['array', ['items', 'minItems', 'maxItems', 'uniqueItems', 'contains', 'prefixItems']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
]

/** Schemas with none of these keywords are fitted by whatever is made for them. */
const TO_BE_TRIED = new Set(
  (
    '$ref allOf anyOf oneOf not if pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum contains ' +
    'dependencies dependentRequired dependentSchemas propertyNames patternProperties minProperties maxProperties enum ' +
    'const uniqueItems prefixItems additionalItems'
  ).split(' '),
)

/** Values that are tried before a part is given up, or, when there was one that fitted, before that one is taken. */
const MAX_TRIES = 200

const FORMATS_OF_DATES = new Set(['date', 'date-time'])

/** Turns the parts of a schema into makers of values, once; the makers are then used again and again. */
export class SchemaCompiler implements PartCompiler {
  /** By path, what is made there. */
  readonly kinds = new Map<string, FieldKind>()
  readonly #leftOut = new Map<string, string>()
  readonly #makeText: TextMaker
  readonly #root: SchemaObject
  readonly #validator: SchemaValidator

  constructor(root: SchemaObject, validator: SchemaValidator, makeText: TextMaker) {
    this.#root = root
    this.#validator = validator
    this.#makeText = makeText
  }

  /** What nothing is made for, with the reason: `overview.code: has a pattern with a back reference`. */
  get leftOut(): string[] {
    // One way to fit a schema may have no value where another has one.
    return [...this.#leftOut].filter(([path]) => !this.kinds.has(path)).map(([path, reason]) => `${path}: ${reason}`)
  }

  leaveOut(path: string, { message, recursesBy }: UnsupportedError, trail: readonly string[]): void {
    for (const inner of this.kinds.keys()) {
      if (inner === path || (/^(\.|\[)/.test(inner.slice(path.length)) && inner.startsWith(path)))
        this.kinds.delete(inner)
    }
    // A value of a schema that contains itself has to end somewhere: within it, nothing is missing there.
    if (recursesBy === undefined || !trail.includes(recursesBy)) this.#leftOut.set(path, message)
  }

  compile(schema: unknown, path: string, trail: readonly string[]): Maker {
    const isToBeTried = isObject(schema) && Object.keys(schema).some((keyword) => TO_BE_TRIED.has(keyword))
    if (!isToBeTried) return this.#compileAny(schema, path, trail)
    const check = this.#validator.compilePart(schema)
    try {
      return tryOut(this.#compileAny(schema, path, trail), check, { schema, path })
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      const proposed = [schema['default'], ...[schema['examples']].flat()].filter(
        (value) => value !== undefined && check(value) === undefined,
      )
      if (proposed.length === 0) throw error
      this.#note(path, 'choice')
      return ({ random }) => structuredClone(random.pick(proposed))
    }
  }

  #compileAny(schema: unknown, path: string, trail: readonly string[]): Maker {
    const makers = this.#compileEach(listAlternatives(this.#root, schema, trail), path)
    return (making) => making.random.pick(makers)(making)
  }

  #compileEach(alternatives: readonly Alternative[], path: string): readonly Maker[] {
    const failures: UnsupportedError[] = []
    const makers = alternatives.flatMap(({ schema, trail }) => {
      try {
        return this.#compileTypes(schema, path, trail)
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error
        failures.push(error)
        return []
      }
    })
    if (makers.length === 0) throw failures[0] ?? new UnsupportedError('has no way to fit it')
    return makers
  }

  /** One maker for each type that a value may have, of the types that say something. */
  #compileTypes(schema: SchemaObject, path: string, trail: readonly string[]): readonly Maker[] {
    const types = typesOf(schema)
    const values = schema['enum']
    if (Array.isArray(values)) {
      if (values.length === 0) throw new UnsupportedError('has no value to choose from')
      this.#note(path, 'choice')
      return [({ random }) => structuredClone(random.pick(values as unknown[]))]
    }
    const telling = types.filter((type) => type !== 'null')
    return (telling.length > 0 ? telling : types).map((type) => this.#compileType(type, schema, path, trail))
  }

  #compileType(type: Type, schema: SchemaObject, path: string, trail: readonly string[]): Maker {
    switch (type) {
      case 'string': {
        const make = stringMaker(schema, this.#makeText)
        this.#note(path, FORMATS_OF_DATES.has(String(schema['format'])) ? 'date' : 'text')
        return make
      }
      case 'number':
      case 'integer': {
        const make = numberMaker(schema, type === 'integer')
        this.#note(path, 'number')
        return make
      }
      case 'boolean':
        this.#note(path, 'boolean')
        return ({ random }) => random.flip()
      case 'array':
        this.#note(path, 'list')
        return arrayMaker(this, schema, path, trail)
      case 'object':
        this.#note(path, 'object')
        return objectMaker(this, schema, path, trail)
      case 'null':
        this.#note(path, 'nothing')
        return () => null
    }
  }

  /** The first thing that is made at a place is what counts as being there. */
  #note(path: string, kind: FieldKind): void {
    if (!this.kinds.has(path)) this.kinds.set(path, kind)
  }
}

/**
 * Makes values until one fits; one that is known to fit stands in where chance does not find another.
 *
 * @throws UnsupportedError when none is found
 */
function tryOut(make: Maker, check: Check, { schema, path }: { schema: SchemaObject; path: string }): Maker {
  const attempt = (random: Random, isShort: boolean): { value: unknown } | undefined => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const value = make({ random, isShort })
      if (check(value) === undefined) return { value }
    }
    return undefined
  }
  const known = attempt(createRandom('bailo-exp', path), false)
  if (known === undefined) throw new UnsupportedError(explainFailure(schema))
  return ({ random, isShort }) => structuredClone((attempt(random, isShort) ?? known).value)
}

function explainFailure(schema: SchemaObject): string {
  const keywords = Object.keys(schema).filter((keyword) => TO_BE_TRIED.has(keyword))
  return `has ${keywords.join(', ')} that no value was found for`
}

function typesOf(schema: SchemaObject): readonly Type[] {
  const { type } = schema
  if (type !== undefined) {
    const types = TYPES.filter((one) => [type].flat().includes(one))
    if (types.length === 0) throw new UnsupportedError('has no type that a value could be of')
    // Every whole number is a number, so that both together are one.
    return types.includes('number') ? types.filter((one) => one !== 'integer') : types
  }
  const implied = TYPE_OF_KEYWORDS.find(([, keywords]) => keywords.some((keyword) => schema[keyword] !== undefined))
  return [implied?.[0] ?? 'string']
}

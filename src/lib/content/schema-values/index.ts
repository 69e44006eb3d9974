import { isDeepStrictEqual } from 'node:util'
import { loremText } from '../lorem.js'
import type { Random } from '../seeded-random.js'
import { SchemaCompiler, type FieldKind } from './compiler.js'
import { isObject, type Maker, type SchemaObject, type TextMaker } from './maker.js'
import { normaliseSchema } from './normalise.js'
import { UnsupportedError } from './unsupported.js'
import { SchemaValidator } from './validator.js'

export type { FieldKind } from './compiler.js'
export type { TextMaker } from './maker.js'

/** Why no values can be made for a schema; goes on after its name: `is no JSON schema: ...`. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

/** Metadata of a card: what its JSON schema describes. */
export type Metadata = Readonly<Record<string, unknown>>

/** Makes values for one JSON schema. */
export interface SchemaValues {
  /**
   * Makes an object that fits the schema, with everything in it that the schema describes.
   *
   * @param isShort whether lists and texts are kept as short as the schema lets them be
   */
  make(random: Random, isShort?: boolean): Metadata
  /** How many places of each kind there are to fill; the items of a list are one place. */
  readonly counts: Readonly<Record<FieldKind, number>>
  /** What is left out, because no value can be made: `overview.code: has a pattern with a back reference`. */
  readonly leftOut: readonly string[]
  /** What does not fit the schema in a value; undefined when everything does. */
  readonly findMismatch: (value: unknown) => string | undefined
}

/**
 * Reads a JSON schema (draft 7, and what older drafts write differently) as what values are made for.
 *
 * Values follow types, formats, patterns, bounds, lengths, lists and choices, references within the document, and
 * combinations by `allOf`, `anyOf`, `oneOf`, `if` and `not`; those are tried until one fits.
 *
 * @param makeText for texts that are free; default: a few words
 * @throws SchemaError when it is no schema, describes no object, or demands something for which no value can be made
 */
export function readSchema(schema: unknown, makeText: TextMaker = loremText): SchemaValues {
  if (!isObject(schema)) throw new SchemaError('is no JSON schema: it is not an object')
  const root = normaliseSchema(schema)
  const validator = createValidator(root)
  const compiler = new SchemaCompiler(root, validator, makeText)
  const make = compileRoot(compiler, root)
  return {
    make: (random, isShort = false) => {
      const value = make({ random, isShort })
      const mismatch = validator.checkRoot(value)
      if (mismatch !== undefined) throw new TypeError(`a value was made that does not fit its schema: ${mismatch}`)
      return value as Metadata
    },
    counts: countKinds(compiler),
    leftOut: compiler.leftOut,
    findMismatch: validator.checkRoot,
  }
}

function createValidator(root: SchemaObject): SchemaValidator {
  try {
    return new SchemaValidator(root)
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/ from id \S+$/, '')
    throw new SchemaError(`is no JSON schema of draft 7: ${reason}`)
  }
}

function compileRoot(compiler: SchemaCompiler, root: SchemaObject): Maker {
  if (root['type'] !== undefined && ![root['type']].flat().includes('object')) {
    throw new SchemaError('describes no object, as a card is')
  }
  try {
    return compiler.compile({ allOf: [root, { type: 'object' }] }, '', [])
  } catch (error) {
    if (error instanceof UnsupportedError) throw new SchemaError(error.message)
    throw error
  }
}

function countKinds({ kinds }: SchemaCompiler): Record<FieldKind, number> {
  const counts = { text: 0, date: 0, number: 0, boolean: 0, choice: 0, list: 0, object: 0, nothing: 0 }
  for (const [path, kind] of kinds) if (path !== '' && !path.endsWith('.*name*')) counts[kind]++
  return counts
}

/**
 * True when two cards say the same, as Bailo keeps them: its database drops objects that have nothing in them (observed).
 */
export function saysTheSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(dropEmpty(a) ?? {}, dropEmpty(b) ?? {})
}

function dropEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => dropEmpty(item) ?? {})
  if (!isObject(value)) return value
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, dropEmpty(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

import type { Random } from '../seeded-random.js'
import type { UnsupportedError } from './unsupported.js'

/** Makes the texts of a value. Lengths are in characters (code points), both ends inclusive. */
export type TextMaker = (random: Random, length: { readonly min: number; readonly max: number }) => string

/** What one value is made with. */
export interface Making {
  readonly random: Random
  /** Whether lists and texts are kept as short as the schema lets them be. */
  readonly isShort: boolean
}

/** Makes values of one part of a schema. */
export type Maker = (making: Making) => unknown

/** Turns a part of a schema into a maker; what makes a whole asks it for the parts. */
export interface PartCompiler {
  /**
   * @param path names the part: a dot before each name, `[]` for the items of a list
   * @param trail the references followed on the way to this part
   * @throws UnsupportedError when no value can be made
   */
  compile(schema: unknown, path: string, trail: readonly string[]): Maker
  /** Notes that nothing is made at a place that may stay empty. */
  leaveOut(path: string, why: UnsupportedError, trail: readonly string[]): void
}

/** A schema as an object; `true` and `false` are schemas too. */
export type SchemaObject = Readonly<Record<string, unknown>>

/** True for a plain JSON object. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A keyword's value where it is a number, and otherwise what stands for it. */
export function numberOf(schema: SchemaObject, keyword: string, otherwise: number): number {
  const value = schema[keyword]
  return typeof value === 'number' ? value : otherwise
}

import { numberOf, type Maker, type SchemaObject } from './maker.js'
import { UnsupportedError } from './unsupported.js'

/** How far apart the ends are where the schema leaves one of them open. */
const SPAN = 1000
/** Decimals of a number that may have any. */
const DECIMALS = 2
/** Up to this many times a step that is no whole number it is looked for a whole one. */
const MAX_FACTOR = 10_000

/**
 * Makes numbers within the bounds of a schema, a whole number of steps from 0 where it has `multipleOf`.
 *
 * @throws UnsupportedError when there is no such number
 */
export function numberMaker(schema: SchemaObject, isInteger: boolean): Maker {
  const step = stepOf(schema, isInteger)
  const { min, max } = boundsOf(schema)
  if (step === undefined) return decimalMaker(min, max, schema)
  const first = Math.ceil(min / step) + (isExcluded(schema, 'exclusiveMinimum', Math.ceil(min / step) * step) ? 1 : 0)
  const last = Math.floor(max / step) - (isExcluded(schema, 'exclusiveMaximum', Math.floor(max / step) * step) ? 1 : 0)
  if (first > last) throw new UnsupportedError('has bounds that no number is within')
  // Without what binary fractions add: 3 * 0.1 is to be 0.3.
  const decimals = countDecimals(step)
  return ({ random }) => Number((random.integer(first, last) * step).toFixed(decimals)) + 0
}

function decimalMaker(min: number, max: number, schema: SchemaObject): Maker {
  const isWithin = (value: number): boolean =>
    value >= min &&
    value <= max &&
    !isExcluded(schema, 'exclusiveMinimum', value) &&
    !isExcluded(schema, 'exclusiveMaximum', value)
  if (min > max || (min === max && !isWithin(min))) {
    throw new UnsupportedError('has bounds that no number is within')
  }
  return ({ random }) => {
    const exact = min + random.fraction() * (max - min)
    const rounded = Number(exact.toFixed(DECIMALS)) + 0
    if (isWithin(rounded)) return rounded
    return isWithin(exact) ? exact : min + (max - min) / 2
  }
}

/** What the value is a multiple of; undefined where it may be any number. */
function stepOf(schema: SchemaObject, isInteger: boolean): number | undefined {
  const multipleOf = numberOf(schema, 'multipleOf', 0)
  if (multipleOf <= 0) return isInteger ? 1 : undefined
  if (!isInteger || Number.isInteger(multipleOf)) return multipleOf
  for (let factor = 2; factor <= MAX_FACTOR; factor++) {
    const step = Number((factor * multipleOf).toFixed(countDecimals(multipleOf)))
    if (Number.isInteger(step)) return step
  }
  throw new UnsupportedError('has a multipleOf that hardly any whole number is one of')
}

/** The ends between which numbers are made, both inclusive but for what is excluded. */
function boundsOf(schema: SchemaObject): { min: number; max: number } {
  const least = Math.max(numberOf(schema, 'minimum', -Infinity), numberOf(schema, 'exclusiveMinimum', -Infinity))
  const most = Math.min(numberOf(schema, 'maximum', Infinity), numberOf(schema, 'exclusiveMaximum', Infinity))
  const span = Math.max(SPAN, SPAN * numberOf(schema, 'multipleOf', 0))
  if (Number.isFinite(least)) return { min: least, max: Math.min(most, least + span) }
  if (Number.isFinite(most)) return { min: most - span, max: most }
  return { min: 0, max: span }
}

function isExcluded(schema: SchemaObject, keyword: 'exclusiveMinimum' | 'exclusiveMaximum', value: number): boolean {
  const bound = numberOf(schema, keyword, NaN)
  return keyword === 'exclusiveMinimum' ? value <= bound : value >= bound
}

function countDecimals(step: number): number {
  const [digits = '', exponent = '0'] = String(step).split('e')
  const decimals = (digits.split('.')[1] ?? '').length - Number(exponent)
  return Math.min(100, Math.max(0, decimals))
}

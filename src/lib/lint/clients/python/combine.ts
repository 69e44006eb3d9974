import { concatenate, type Text } from './text.js'
import {
  MAX_ALTERNATIVES,
  meet,
  type Name,
  NO_WAYS,
  type Reading,
  readingsOf,
  type Value,
  type Ways,
} from './values.js'

/** A value that becomes part of a text, and what it is called where it is not known. */
export interface Operand {
  readonly value: Value
  readonly name: Name
}

/**
 * Returns the texts that the operands make one after the other, one for each combination of what they may be on the same
 * way. When those are too many, the operands with the most readings count as unknown.
 */
export function combine(operands: readonly Operand[]): Value {
  let readings = operands.map(({ value, name }) => readingsOf(value, name))
  while (countOf(readings) > MAX_ALTERNATIVES) {
    const most = Math.max(...readings.map(({ length }) => length))
    const index = readings.findIndex(({ length }) => length === most)
    const name = operands[index]?.name() ?? 'value'
    readings = readings.with(index, [{ text: [{ name }], ways: NO_WAYS }])
  }
  let combined: Combination[] = [{ texts: [], ways: NO_WAYS }]
  for (const some of readings) combined = combined.flatMap((before) => some.flatMap((one) => append(before, one)))
  return combined.map(({ texts, ways }) => ({ kind: 'text', text: concatenate(texts), ways }))
}

interface Combination {
  readonly texts: readonly Text[]
  readonly ways: Ways
}

function append(before: Combination, { text, ways }: Reading): Combination[] {
  const both = meet(before.ways, ways)
  return both === undefined ? [] : [{ texts: [...before.texts, text], ways: both }]
}

const countOf = (readings: readonly Reading[][]): number =>
  readings.reduce((product, { length }) => product * length, 1)

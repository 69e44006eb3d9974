import { concatenate, type Text } from './text.js'
import { MAX_ALTERNATIVES, texts, textsOf, type Value } from './values.js'

/** A value that becomes part of a text, and what it is called where it is not known. */
export interface Operand {
  readonly value: Value
  readonly name: string
}

/**
 * Returns the texts that the operands make one after the other, one for each combination of what they may be. When those
 * are too many, the operands with the most readings count as unknown.
 */
export function combine(operands: readonly Operand[]): Value {
  let readings = operands.map(({ value, name }) => textsOf(value, name))
  while (countOf(readings) > MAX_ALTERNATIVES) {
    const most = Math.max(...readings.map(({ length }) => length))
    const index = readings.findIndex(({ length }) => length === most)
    readings = readings.with(index, [[{ name: operands[index]?.name ?? 'value' }]])
  }
  let combined: Text[][] = [[]]
  for (const some of readings) combined = combined.flatMap((before) => some.map((text) => [...before, text]))
  return texts(combined.map((pieces) => concatenate(pieces)))
}

const countOf = (readings: readonly Text[][]): number => readings.reduce((product, { length }) => product * length, 1)

import { concatenate, isFull } from './text.js'
import { MAX_ALTERNATIVES, meet, type Name, NO_WAYS, type Reading, readingsOf, type Value } from './values.js'

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
  let combined: Reading[] = [{ text: [], ways: NO_WAYS }]
  for (const some of readings) combined = combined.flatMap((before) => some.flatMap((one) => append(before, one)))
  return combined.map(({ text, ways }) => ({ kind: 'text', text, ways }))
}

function append(before: Reading, { text, ways }: Reading): Reading[] {
  if (isFull(before.text)) return [before]
  const both = meet(before.ways, ways)
  return both === undefined ? [] : [{ text: concatenate([before.text, text]), ways: both }]
}

const countOf = (readings: readonly Reading[][]): number =>
  readings.reduce((product, { length }) => product * length, 1)

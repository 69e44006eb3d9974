import { concatenate, type Text } from './text.js'
import { MAX_ALTERNATIVES, meet, type Reading, readingsOf, unknown, type Value, type Ways } from './values.js'

/** A value that becomes part of a text, and what it is called where it is not known. */
export interface Operand {
  readonly value: Value
  readonly name: string
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
    readings = readings.with(index, readingsOf(unknown(operands[index]?.name ?? 'value'), 'value'))
  }
  let combined: { texts: Text[]; ways: Ways }[] = [{ texts: [], ways: new Map() }]
  for (const some of readings) combined = combined.flatMap((before) => some.flatMap((one) => append(before, one)))
  return combined.map(({ texts, ways }) => ({ kind: 'text', text: concatenate(texts), ways }))
}

function append(before: { texts: Text[]; ways: Ways }, { text, ways }: Reading): { texts: Text[]; ways: Ways }[] {
  const both = meet(before.ways, ways)
  return both === undefined ? [] : [{ texts: [...before.texts, text], ways: both }]
}

const countOf = (readings: readonly Reading[][]): number =>
  readings.reduce((product, { length }) => product * length, 1)

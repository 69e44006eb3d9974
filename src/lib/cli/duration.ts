import { UsageError } from '../errors.js'

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const DURATION = /^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/i
const COMPONENT = /(\d+(?:\.\d+)?)\s*([a-z]+)/gi

/**
 * Returns the milliseconds that a text such as `500ms`, `1.5s`, `30m`, `1h 30m` or `7d` stands for, rounded to whole ones.
 * Units are ms, s, m or min, h and d; `0` needs none.
 *
 * @throws UsageError when the text is no duration, or longer than 2^53 - 1 milliseconds
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  if (/^\d+(\.\d+)?$/.test(trimmed)) throw refuse(text, 'has no unit')
  if (!DURATION.test(trimmed)) throw refuse(text, 'is not a duration')
  let totalMs = 0
  for (const [, figure = '', unit = ''] of trimmed.matchAll(COMPONENT)) {
    const msPerUnit = MS_PER_UNIT[unit.toLowerCase()]
    if (msPerUnit === undefined) throw refuse(text, 'has a unit that is not known')
    totalMs += Number(figure) * msPerUnit
  }
  const rounded = Math.round(totalMs)
  if (!Number.isSafeInteger(rounded)) throw refuse(text, 'is too long')
  return rounded
}

/** Writes milliseconds as {@link parseDuration} reads them, in the largest unit that they are a whole number of: `30m`. */
export function writeDuration(ms: number): string {
  const units = ['d', 'h', 'm', 's'].map((unit) => [unit, MS_PER_UNIT[unit] ?? 1] as const)
  const [unit, msPerUnit] = units.find(([, size]) => ms > 0 && ms % size === 0) ?? ['ms', 1]
  return `${ms / msPerUnit}${unit}`
}

function refuse(text: string, why: string): UsageError {
  return new UsageError(`${JSON.stringify(text.slice(0, 60))} ${why}.`, [
    'give a number with a unit: 500ms, 1.5s, 30m, 2h or 7d',
  ])
}

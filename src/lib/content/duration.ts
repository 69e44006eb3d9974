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

/** Longer waits overflow Node's timers. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Returns the milliseconds that a text such as `500ms`, `1.5s`, `30m`, `1h 30m` or `7d` stands for, rounded to whole ones.
 * Units are ms, s, m or min, h and d; `0` needs none.
 *
 * @throws UsageError when the text is no duration, or longer than 2^53 - 1 milliseconds
 */
export function parseDuration(text: string): number {
  const duration = interpret(text)
  if (typeof duration === 'number') return duration
  throw new UsageError(`${JSON.stringify(text.slice(0, 60))} ${duration}.`, [
    'give a number with a unit: 500ms, 1.5s, 30m, 2h or 7d',
  ])
}

/** As {@link parseDuration}, for what has a message of its own: undefined for no duration, or one beyond Node's timers. */
export function findTimerDuration(text: string): number | undefined {
  const duration = interpret(text)
  return typeof duration === 'number' && duration <= MAX_TIMER_MS ? duration : undefined
}

/** Writes milliseconds as {@link parseDuration} reads them, in the largest unit that they are a whole number of: `30m`. */
export function writeDuration(ms: number): string {
  const units = ['d', 'h', 'm', 's'].map((unit) => [unit, MS_PER_UNIT[unit] ?? 1] as const)
  const [unit, msPerUnit] = units.find(([, size]) => ms > 0 && ms % size === 0) ?? ['ms', 1]
  return `${ms / msPerUnit}${unit}`
}

/** Milliseconds, or why the text stands for none. */
function interpret(text: string): number | string {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  if (/^\d+(\.\d+)?$/.test(trimmed)) return 'has no unit'
  if (!DURATION.test(trimmed)) return 'is not a duration'
  let totalMs = 0
  for (const [, figure = '', unit = ''] of trimmed.matchAll(COMPONENT)) {
    const msPerUnit = MS_PER_UNIT[unit.toLowerCase()]
    if (msPerUnit === undefined) return 'has a unit that is not known'
    totalMs += Number(figure) * msPerUnit
  }
  const rounded = Math.round(totalMs)
  return Number.isSafeInteger(rounded) ? rounded : 'is too long'
}

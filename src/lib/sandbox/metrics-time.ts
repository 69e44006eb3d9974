import type { components } from '../../../openapi/bailo-v2.js'
import { badRequest } from './errors.js'

export type Interval = components['schemas']['MetricsInterval']

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const MONTHS_OF_QUARTER = 3

/** Returns how far the local time of a zone is ahead of UTC at that moment, in milliseconds. */
export type FindOffset = (timeMs: number) => number

/**
 * Finds out about a zone, given by name or as an offset such as `+02:00`; UTC by default.
 *
 * @throws BailoError 400 for a zone that does not exist (from Bailo's source)
 */
export function compileZone(timezone = 'UTC'): FindOffset {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(timezone) ?? []
  if (hours !== undefined) {
    const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS
    return () => (sign === '-' ? -offsetMs : offsetMs)
  }
  const format = openFormat(timezone)
  return (timeMs) => {
    const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day, hour, minute, second } = parts
    const localMs = Date.UTC(year, month - 1, day, hour, minute, second)
    return localMs - Math.floor(timeMs / 1000) * 1000
  }
}

/** Returns the beginning of the interval in which a moment lies, by the clock of the zone; weeks begin on Sunday. */
export function truncateTime(timeMs: number, interval: Interval, findOffset: FindOffset): number {
  const localMs = truncateUtc(timeMs + findOffset(timeMs), interval)
  // The offset may be another one at the beginning of the interval than in its middle.
  return localMs - findOffset(localMs - findOffset(timeMs))
}

/** Returns the same moment one interval later, by UTC (from Bailo's source). */
export function addInterval(timeMs: number, interval: Interval): number {
  const date = new Date(timeMs)
  switch (interval) {
    case 'day':
      return timeMs + DAY_MS
    case 'week':
      return timeMs + 7 * DAY_MS
    case 'month':
      return date.setUTCMonth(date.getUTCMonth() + 1)
    case 'quarter':
      return date.setUTCMonth(date.getUTCMonth() + MONTHS_OF_QUARTER)
    case 'year':
      return date.setUTCFullYear(date.getUTCFullYear() + 1)
  }
}

function truncateUtc(timeMs: number, interval: Interval): number {
  const date = new Date(timeMs)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  switch (interval) {
    case 'day':
      return Date.UTC(year, month, day)
    case 'week':
      return Date.UTC(year, month, day - date.getUTCDay())
    case 'month':
      return Date.UTC(year, month)
    case 'quarter':
      return Date.UTC(year, month - (month % MONTHS_OF_QUARTER))
    case 'year':
      return Date.UTC(year, 0)
  }
}

function openFormat(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric'
  const fields = {
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  } as const
  try {
    return new Intl.DateTimeFormat('en', { ...fields, timeZone, hourCycle: 'h23', calendar: 'iso8601' })
  } catch {
    throw badRequest('Invalid timezone. Must be a valid IANA timezone or UTC offset.')
  }
}

import type { components } from '../../../openapi/bailo-v2.js'
import { UnknownServerError } from './errors.js'
import { addInterval, compileZone, truncateTime, type Interval } from './metrics-time.js'
import { nameOrganisation } from './metrics-organisations.js'
import type { SandboxState } from './state.js'

type EntryVolume = components['schemas']['EntryVolume']

/** The server makes as many intervals as it is asked for, until its memory ends; here that is sooner. */
const INTERVALS_LIMIT = 100_000

export interface VolumeQuery {
  readonly interval: Interval
  /** Dates such as `2026-01-31`, both inclusive. */
  readonly startDate: string
  readonly endDate: string
  readonly timezone?: string
}

/**
 * Counts the models that were created, interval by interval.
 *
 * @throws BailoError 400 for a time zone that does not exist; UnknownServerError for too many intervals
 */
export function countVolume(state: SandboxState, query: VolumeQuery): Omit<EntryVolume, 'lastUpdated'> {
  const { interval, timezone } = query
  const findOffset = compileZone(timezone)
  const [startMs, endMs] = [Date.parse(query.startDate), Date.parse(query.endDate)]
  const afterEndMs = addInterval(endMs, 'day')
  const models = [...state.entries.values()].map(({ model }) => model)
  const organisations = new Set(models.map(({ organisation }) => organisation).filter((name) => name !== ''))
  const counts = new Map<string, number>()
  for (const { createdAt, organisation } of models) {
    const createdMs = Date.parse(createdAt)
    if (createdMs < startMs || createdMs >= afterEndMs) continue
    const key = keyOf(truncateTime(createdMs, interval, findOffset), organisation)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const data: EntryVolume['data'] = []
  let beginMs = truncateTime(startMs, interval, findOffset)
  while (beginMs < afterEndMs) {
    const nextMs = addInterval(beginMs, interval)
    const byOrganisation = [...organisations, ''].map((name) => [name, counts.get(keyOf(beginMs, name)) ?? 0] as const)
    data.push({
      startDate: new Date(beginMs).toISOString(),
      endDate: new Date(nextMs).toISOString(),
      count: byOrganisation.reduce((sum, [, count]) => sum + count, 0),
      organisations: Object.fromEntries(byOrganisation.map(([name, count]) => [nameOrganisation(name), count])),
    })
    if (data.length > INTERVALS_LIMIT) throw new UnknownServerError()
    beginMs = nextMs
  }
  return { interval, startDate: new Date(startMs).toISOString(), endDate: new Date(endMs).toISOString(), data }
}

function keyOf(beginMs: number, organisation: string): string {
  return `${beginMs} ${organisation}`
}

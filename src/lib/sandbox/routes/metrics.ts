import type { Principal } from '../auth.js'
import { forbidden } from '../errors.js'
import { listModelBreakdown } from '../metrics-breakdown.js'
import {
  findDueModels,
  findMissingRoles,
  findModelsWithoutReleases,
  findUnapprovedReleases,
} from '../metrics-compliance.js'
import { countUsage } from '../metrics-usage.js'
import { countVolume } from '../metrics-volume.js'
import { isAdministrator } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'

/** How long the server shows the same counts (from Bailo's source). */
const KEPT_MS = 5 * 60_000

/** Adds the counts of v3, and the lists behind them. */
export function addMetricsRoutes(routes: Routes, { state }: SandboxParts): void {
  const kept = new KeptCounts()

  routes.add('get', '/api/v3/metrics/usage', ({ principal }) => {
    requireCompliance(principal)
    return kept.get('usage', () => countUsage(state))
  })

  routes.add('get', '/api/v3/metrics/entryVolume', ({ principal, query }) => {
    requireCompliance(principal)
    const { interval, startDate, endDate, timezone } = query
    const key = JSON.stringify([interval, startDate, endDate, timezone])
    return kept.get(key, () => countVolume(state, query))
  })

  routes.add('get', '/api/v3/metrics/breakdown', ({ principal, query }) => {
    requireCompliance(principal)
    return listModelBreakdown(state, query)
  })

  routes.add('get', '/api/v3/metrics/compliance/no-releases', ({ principal }) => {
    requireCompliance(principal)
    return kept.get('no-releases', () => findModelsWithoutReleases(state))
  })

  routes.add('get', '/api/v3/metrics/compliance/roles', ({ principal }) => {
    requireCompliance(principal)
    return kept.get('roles', () => findMissingRoles(state))
  })

  routes.add('get', '/api/v3/metrics/compliance/unapproved', ({ principal }) => {
    requireCompliance(principal)
    return kept.get('unapproved', () => findUnapprovedReleases(state))
  })

  routes.add('get', '/api/v3/metrics/compliance/lifecycle', ({ principal, query: { weeksUntilDue } }) => {
    requireCompliance(principal)
    // Unlike the others it is counted anew each time.
    return { ...findDueModels(state, weeksUntilDue), lastUpdated: new Date().toISOString() }
  })
}

/** Counts are shown again for some time, whatever happens meanwhile, as on the server. */
class KeptCounts {
  private readonly answers = new Map<string, { readonly untilMs: number; readonly answer: unknown }>()

  get<T extends object>(key: string, count: () => T): T & { lastUpdated: string } {
    const nowMs = Date.now()
    for (const [other, { untilMs }] of this.answers) if (untilMs <= nowMs) this.answers.delete(other)
    const present = this.answers.get(key)?.answer as (T & { lastUpdated: string }) | undefined
    const answer = present ?? { ...count(), lastUpdated: new Date(nowMs).toISOString() }
    if (present === undefined) this.answers.set(key, { untilMs: nowMs + KEPT_MS, answer })
    return answer
  }
}

/** @throws BailoError 403 (from Bailo's source) for others than the user of a development instance, who has every role */
function requireCompliance({ user }: Principal): void {
  if (isAdministrator(user)) return
  throw forbidden('You do not have the required role.', { userDn: user, requiredRole: 'compliance' })
}

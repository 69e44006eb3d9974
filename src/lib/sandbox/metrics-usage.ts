import type { components } from '../../../openapi/bailo-v2.js'
import { countByOrganisation } from './metrics-organisations.js'
import type { Entry, SandboxState, Schema } from './state.js'

type Contracted = components['schemas']
type UsageCounts = Contracted['UsageCounts']

/** Counts models by organisation, schema and state. */
export function countUsage(state: SandboxState): Omit<Contracted['UsageMetrics'], 'lastUpdated'> {
  const entries = [...state.entries.values()]
  const schemas = [...state.schemas.values()].filter(({ hidden }) => !hidden)
  const users = new Set(entries.flatMap(({ model }) => model.collaborators.map(({ entity }) => entity)))
  return {
    global: { users: users.size, ...countEntries(entries, schemas) },
    byOrganisation: countByOrganisation(entries, (some) => countEntries(some, schemas)),
  }
}

function countEntries(entries: readonly Entry[], schemas: readonly Schema[]): UsageCounts {
  const bySchema = schemas.map(({ _id, id, name }) => ({
    schemaId: _id,
    schemaName: name,
    count: entries.filter(({ cards }) => cards.at(-1)?.schemaId === id).length,
  }))
  const counted = bySchema.reduce((sum, { count }) => sum + count, 0)
  return {
    entries: entries.length,
    schemaBreakdown: [...bySchema, { schemaId: 'unset', schemaName: 'unset', count: entries.length - counted }],
    entryState: countStates(entries),
    withReleases: entries.filter(({ releases }) => releases.size > 0).length,
    withAccessRequest: entries.filter(({ accessRequests }) => accessRequests.length > 0).length,
  }
}

function countStates(entries: readonly Entry[]): UsageCounts['entryState'] {
  const counts = new Map<string, number>()
  for (const { model } of entries) {
    const state = model.state === '' ? 'None' : model.state
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return [...counts].map(([state, count]) => ({ state, count })).sort((a, b) => b.count - a.count)
}

import type { components, operations } from '../../../openapi/bailo-v2.js'
import { badRequest } from './errors.js'
import { addInterval } from './metrics-time.js'
import { byLastChange, type Entry, type SandboxState } from './state.js'

type Filters = NonNullable<operations['getModelBreakdown']['parameters']['query']>

/**
 * Lists the models that a figure of the other metrics stands for, the last changed first (from Bailo's source).
 *
 * @throws BailoError 400 for a month that there is not, and for a last month before the first
 */
export function listModelBreakdown(
  state: SandboxState,
  filters: Filters,
): components['schemas']['ModelBreakdownEntry'][] {
  const { startMonth, endMonth } = filters
  const startMs = startMonth === undefined ? -Infinity : parseMonth('startMonth', startMonth)
  const endMs = endMonth === undefined ? Infinity : addInterval(parseMonth('endMonth', endMonth), 'month')
  if (startMonth !== undefined && endMonth !== undefined && startMonth > endMonth) {
    throw badRequest('startMonth must be before or equal to endMonth')
  }
  return [...state.entries.values()]
    .filter((entry) => fits(entry, filters))
    .filter(({ model: { createdAt } }) => Date.parse(createdAt) >= startMs && Date.parse(createdAt) < endMs)
    .sort((a, b) => byLastChange(a.model, b.model))
    .map(({ model: { id, name, kind, collaborators } }) => ({
      entryId: id,
      entryName: name,
      entryKind: kind,
      collaborators: collaborators.map(({ entity, roles }) => ({ entity, roles })),
    }))
}

/** The words for "any" and "none" are read in any case, everything else is compared as it is. */
function fits({ model, cards, releases, accessRequests }: Entry, filters: Filters): boolean {
  const { organisation = 'all', state, schemaId, kinds = [], release, accessRequest } = filters
  const isOfOrganisation =
    organisation.toLowerCase() === 'all' || model.organisation === readNone(organisation, 'unset')
  return (
    isOfOrganisation &&
    (state === undefined || model.state === readNone(state, 'none')) &&
    (schemaId === undefined || (cards.at(-1)?.schemaId ?? '') === readNone(schemaId, 'none')) &&
    (kinds.length === 0 || kinds.includes(model.kind)) &&
    (release === undefined || (release === 'with') === releases.size > 0) &&
    (accessRequest === undefined || (accessRequest === 'with') === accessRequests.length > 0)
  )
}

function readNone(wanted: string, none: string): string {
  return wanted.toLowerCase() === none ? '' : wanted
}

function parseMonth(name: string, month: string): number {
  const timeMs = Date.parse(month)
  if (Number.isNaN(timeMs)) throw badRequest(`Invalid ${name}. Must be in the format YYYY-MM.`, { [name]: month })
  return timeMs
}

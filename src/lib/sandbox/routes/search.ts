import { explainRefusal } from '../auth.js'
import { summariseModel } from '../describe.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { byLastChange, type Entry } from '../state.js'
import { rolesOf } from '../model-rights.js'
import { matchesText } from '../text-search.js'

/** Adds the search over all models; there is no paging. */
export function addSearchRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/models/search', ({ principal, query }) => {
    const found = [...state.entries.values()]
      .filter((entry) => explainRefusal(principal, entry.model.id, 'model:read') === undefined)
      .filter((entry) => fitsFilters(entry, query) && holdsRole(principal.user, entry, query.filters))
      .sort((a, b) => byLastChange(a.model, b.model))
    const { search, titleOnly = false } = query
    return { models: filterByText(found, search, titleOnly).map(({ model }) => summariseModel(model)) }
  })
}

interface Filters {
  readonly kind?: readonly string[]
  readonly task?: string
  readonly libraries?: readonly string[]
  readonly organisations?: readonly string[]
  readonly states?: readonly string[]
  readonly schemaId?: string
  readonly allowTemplating?: boolean
}

function fitsFilters({ model, cards }: Entry, filters: Filters): boolean {
  const { kind, task, libraries = [], organisations, states, schemaId, allowTemplating } = filters
  const tags = task ? [...libraries, task] : libraries
  return (
    isAmong(model.kind, kind) &&
    isAmong(model.organisation, organisations) &&
    isAmong(model.state, states) &&
    tags.every((tag) => model.tags.includes(tag)) &&
    (!schemaId || cards.at(-1)?.schemaId === schemaId) &&
    (!allowTemplating || model.settings.allowTemplating === true)
  )
}

function isAmong(value: string, allowed: readonly string[] | undefined): boolean {
  return !allowed?.length || allowed.includes(value)
}

/** `mine` stands for any role. */
function holdsRole(user: string, entry: Entry, wanted: readonly string[] | undefined): boolean {
  if (!wanted?.length) return true
  return rolesOf(user, entry).some((role) => wanted.includes('mine') || wanted.includes(role))
}

/** Models with the text in their name come first, then those that have one of its words anywhere (observed). */
function filterByText(entries: readonly Entry[], search: string | undefined, titleOnly: boolean): readonly Entry[] {
  if (!search) return entries
  const isNamed = ({ model }: Entry) => model.name.toLowerCase().includes(search.toLowerCase())
  const named = entries.filter(isNamed)
  if (titleOnly) return named
  const others = entries.filter((entry) => !isNamed(entry))
  return [
    ...named,
    ...others.filter(({ model, cards }) => matchesText(search, [textsOf(model), cards.at(-1)?.metadata])),
  ]
}

function textsOf({ name, description, organisation, state, tags }: Entry['model']): readonly unknown[] {
  return [name, description, organisation, state, tags]
}

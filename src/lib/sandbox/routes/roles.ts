import { findEntry } from '../access.js'
import { explainRefusal } from '../auth.js'
import { badRequest } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import { findRolesOfSchemas } from '../review-roles.js'
import type { Routes } from '../routes.js'
import type { ReviewRole } from '../state.js'

const SYSTEM_ROLES = [
  { shortName: 'consumer', name: 'Consumer', kind: 'system' as const, description: 'May see the model and download.' },
  { shortName: 'contributor', name: 'Contributor', kind: 'system' as const, description: 'May also edit the card.' },
  { shortName: 'owner', name: 'Owner', kind: 'system' as const, description: 'May do everything with the model.' },
]

/** Adds the roles that people can have on models. */
export function addRoleRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/roles', ({ principal, query: { modelId } }) => {
    if (!modelId) return { roles: SYSTEM_ROLES }
    const entry = state.entries.get(modelId)
    if (entry === undefined) throw badRequest('Could not find requested model', { modelId })
    const { schemaId } = entry.cards.at(-1) ?? {}
    if (schemaId === undefined) return { roles: SYSTEM_ROLES }
    // Only now is the caller's right to see the model asked for (from Bailo's source).
    const { accessRequests } = findEntry(state, principal, modelId)
    const isAllowed = explainRefusal(principal, modelId, 'access_request:read') === undefined
    const schemaIds = [schemaId, ...(isAllowed ? accessRequests.map((one) => one.schemaId) : [])]
    return { roles: [...findRolesOfSchemas(state, schemaIds).map(describe), ...SYSTEM_ROLES] }
  })
}

function describe({ name, description, shortName, systemRole }: ReviewRole) {
  const optional = {
    ...(description !== undefined && { description }),
    ...(systemRole !== undefined && { systemRole }),
  }
  return { name, kind: 'review' as const, shortName, ...optional }
}

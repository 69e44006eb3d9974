import { findEntry } from '../access.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'

const SYSTEM_ROLES = [
  { name: 'Owner', kind: 'system' as const, shortName: 'owner' },
  { name: 'Contributor', kind: 'system' as const, shortName: 'contributor' },
  { name: 'Consumer', kind: 'system' as const, shortName: 'consumer' },
]

const REVIEW_ROLES = [
  {
    name: 'Model Senior Responsible Officer',
    kind: 'review' as const,
    shortName: 'msro',
    systemRole: 'owner' as const,
  },
  { name: 'Model Technical Reviewer', kind: 'review' as const, shortName: 'mtr', systemRole: 'owner' as const },
]

/** Nobody reviews in the sandbox: there are roles, but no reviews. */
export function addReviewRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/reviews', ({ reply }) => reply.header('x-count', 0).send({ reviews: [] }))

  routes.add('get', '/api/v2/review/roles', () => ({ reviewRoles: REVIEW_ROLES }))

  routes.add('get', '/api/v2/roles', ({ principal, query: { modelId } }) => {
    if (modelId !== undefined) findEntry(state, principal, modelId)
    return { roles: [...SYSTEM_ROLES, ...REVIEW_ROLES] }
  })
}

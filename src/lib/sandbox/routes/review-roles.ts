import { requireTokenAction } from '../access.js'
import { badRequest, forbidden, notFound } from '../errors.js'
import { isAdministrator } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import {
  addDefaultReviewRoles,
  addReviewRole,
  describeReviewRole,
  findRolesOfSchemas,
  refuseTakenName,
  removeReviewRole,
} from '../review-roles.js'
import type { Routes } from '../routes.js'

/** Adds the roles of reviewers. Who may do what with them, and the texts, are from Bailo's source. */
export function addReviewRoleRoutes(routes: Routes, { state }: SandboxParts): void {
  addDefaultReviewRoles(state)

  routes.add('get', '/api/v2/review/roles', ({ query: { schemaId } }) => {
    if (!schemaId) return { reviewRoles: [...state.reviewRoles.values()].map(describeReviewRole) }
    if (!state.schemas.has(schemaId)) throw badRequest('Unable to find schemas', { schemaIds: [schemaId] })
    return { reviewRoles: findRolesOfSchemas(state, [schemaId]).map(describeReviewRole) }
  })

  routes.add('post', '/api/v2/review/role', ({ principal, body }) => {
    requireTokenAction(principal, 'reviewRole:write')
    if (!isAdministrator(principal.user)) {
      const message = 'You cannot upload or modify a review role if you are not an admin.'
      throw forbidden(message, { userDn: principal.user })
    }
    const { name, shortName, kind, description, defaultEntities, lockEntities, systemRole } = body
    const optional = Object.entries({ description, defaultEntities, lockEntities, systemRole })
    const given = Object.fromEntries(optional.filter(([, value]) => value !== undefined))
    return { reviewRole: describeReviewRole(addReviewRole(state, { name, shortName, kind, ...given })) }
  })

  routes.add('put', '/api/v2/review/role/{shortName}', ({ principal, params: { shortName }, body }) => {
    requireTokenAction(principal, 'reviewRole:read', { shortName })
    const role = state.reviewRoles.get(shortName)
    if (role === undefined) throw notFound('The requested review role was not found', { shortName })
    requireTokenAction(principal, 'reviewRole:write', { shortName })
    refuseTakenName(state, body.name, role)
    Object.assign(role, body)
    state.touch(role)
    return { reviewRole: describeReviewRole(role) }
  })

  routes.add('delete', '/api/v2/review/role/{reviewRoleId}', ({ principal, params }) => {
    const { reviewRoleId: reviewRoleShortName } = params
    const role = state.reviewRoles.get(reviewRoleShortName)
    if (role === undefined) {
      throw badRequest('Review role could not be deleted as it does not exist.', { reviewRoleShortName })
    }
    requireTokenAction(principal, 'reviewRole:write')
    removeReviewRole(state, role)
    return { deleted: true }
  })
}

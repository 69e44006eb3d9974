import { requireTokenAction } from '../access.js'
import type { Principal } from '../auth.js'
import { describeSchema } from '../describe.js'
import { badRequest, forbidden, notFound } from '../errors.js'
import { isAdministrator } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import { requestMissedReviews } from '../review-requests.js'
import { giveDefaultRoles } from '../review-roles.js'
import type { Routes } from '../routes.js'
import { listStates } from '../schema-check.js'
import { requireForState } from '../schema-states.js'
import type { SandboxState, Schema } from '../state.js'

/** @throws BailoError 404 */
export function findSchema(state: SandboxState, schemaId: string): Schema {
  const schema = state.schemas.get(schemaId)
  if (schema === undefined) throw notFound('The requested schema was not found.', { schemaId })
  return schema
}

export function addSchemaRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/schemas', ({ query: { kind, hidden } }) => ({
    schemas: [...state.schemas.values()]
      .filter((schema) => (hidden === undefined || schema.hidden === hidden) && (!kind || schema.kind === kind))
      .reverse()
      .map(describeSchema),
  }))

  routes.add('get', '/api/v2/schema/{schemaId}', ({ params: { schemaId }, query: { modelState } }) => {
    const schema = findSchema(state, schemaId)
    const jsonSchema = listStates(requireForState(schema.jsonSchema, modelState))
    return { schema: { ...describeSchema(schema), jsonSchema } }
  })

  routes.add('post', '/api/v2/schemas', ({ principal, body }) => {
    const { id, name, description, kind, jsonSchema, reviewRoles } = body
    requireSchemaRight(principal, id)
    refuseOthersThanAdministrators(principal, id)
    if (state.schemas.has(id)) throw badRequest(`The following is not unique: ${JSON.stringify({ id })}`)
    const details = { id, name, description, active: true, hidden: false, kind, jsonSchema, reviewRoles }
    const schema: Schema = { ...state.newDocument(), ...details }
    state.schemas.set(id, schema)
    return { schema: describeSchema(schema) }
  })

  routes.add('patch', '/api/v2/schema/{schemaId}', ({ principal, params: { schemaId }, body }) => {
    const schema = findSchema(state, schemaId)
    requireSchemaRight(principal, schemaId)
    const removedRoles = body.reviewRoles ? schema.reviewRoles.filter((role) => !body.reviewRoles?.includes(role)) : []
    Object.assign(schema, body)
    state.touch(schema)
    if (body.reviewRoles) changeReviewers(state, schema, removedRoles)
    return { schema: describeSchema(schema) }
  })

  routes.add('delete', '/api/v2/schema/{schemaId}', ({ principal, params: { schemaId } }) => {
    findSchema(state, schemaId)
    requireSchemaRight(principal, schemaId)
    refuseOthersThanAdministrators(principal, schemaId)
    state.schemas.delete(schemaId)
    return { deleted: true }
  })
}

function requireSchemaRight(principal: Principal, schemaId: string): void {
  requireTokenAction(principal, 'schema:write', { schemaId })
}

/** @throws BailoError 403 (from Bailo's source) */
function refuseOthersThanAdministrators({ user }: Principal, schemaId: string): void {
  if (isAdministrator(user)) return
  throw forbidden('You cannot upload or modify a schema if you are not an admin.', { userDn: user, schemaId })
}

/**
 * Takes roles that no longer review what follows a schema from the collaborators of its models, and gives the others to
 * those who hold them by default (from Bailo's source).
 */
function changeReviewers(state: SandboxState, schema: Schema, removedRoles: readonly string[]): void {
  const roles = schema.reviewRoles.map((name) => state.reviewRoles.get(name)).filter((role) => role !== undefined)
  for (const entry of state.entries.values()) {
    if (entry.cards.at(-1)?.schemaId !== schema.id) continue
    entry.model.collaborators = entry.model.collaborators.map((one) => ({
      ...one,
      roles: one.roles.filter((role) => !removedRoles.includes(role)),
    }))
    for (const role of roles) requestMissedReviews(state, entry, role)
    giveDefaultRoles(state, entry, schema)
    state.touch(entry.model)
  }
}

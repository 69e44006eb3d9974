import { findEntry, requireAction } from '../access.js'
import { explainRefusal, explainTokenRefusal, type Principal } from '../auth.js'
import { describeStored } from '../describe.js'
import { badRequest, forbidden, notFound } from '../errors.js'
import { newSlugId } from '../ids.js'
import { isAdministrator, toEntity } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import { removeDiscussion, requestAccessReviews } from '../review-requests.js'
import type { Routes } from '../routes.js'
import { checkAgainstSchema } from '../schema-check.js'
import type { AccessRequest, Entry, SandboxState } from '../state.js'
import { dispatchEvent } from '../webhook-delivery.js'
import { findSchema } from './schemas.js'

/** An access request with the model that it is for. */
export interface FoundAccessRequest {
  readonly entry: Entry
  readonly accessRequest: AccessRequest
}

export function addAccessRequestRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('post', '/api/v2/model/{modelId}/access-requests', ({ principal, params: { modelId }, body }) => {
    const { schemaId, metadata } = body
    const entry = findEntry(state, principal, modelId)
    if (findSchema(state, schemaId).hidden) {
      throw badRequest('Cannot create new Access Request using a hidden schema.', { schemaId })
    }
    checkMetadata(state, { schemaId, metadata })
    const id = newSlugId(metadata.overview.name)
    requireAction(principal, modelId, 'access_request:write', { accessRequestId: id })
    const accessRequest = { ...state.newDocument(), id, schemaId, metadata, createdBy: principal.user }
    entry.accessRequests.push(accessRequest)
    requestAccessReviews(state, entry, accessRequest)
    const described = describe({ entry, accessRequest })
    dispatchEvent(entry, 'createAccessRequest', `Access Request ${id} has been created for model ${modelId}`, {
      accessRequest: described,
    })
    return { accessRequest: described }
  })

  routes.add('get', '/api/v2/model/{modelId}/access-requests', ({ principal, params: { modelId } }) => {
    const entry = findEntry(state, principal, modelId)
    const isAllowed = explainRefusal(principal, modelId, 'access_request:read') === undefined
    return { accessRequests: isAllowed ? listOf(entry).map(describe) : [] }
  })

  routes.add('get', '/api/v2/access-requests/search', ({ principal, query }) => {
    const { modelId: modelIds = [], schemaId, mine = false, adminAccess = false } = query
    const { user } = principal
    if (adminAccess && !isAdministrator(user)) {
      throw forbidden('You do not have the required role.', { userDn: user, requiredRole: 'admin' })
    }
    const found = listAll(state)
      .filter(({ entry }) => modelIds.length === 0 || modelIds.includes(entry.model.id))
      .filter(({ accessRequest }) => !schemaId || accessRequest.schemaId === schemaId)
      .filter((one) => !mine || isNamed(user, one))
      // The visibility of the model is not asked for (from Bailo's source).
      .filter(({ entry }) => adminAccess || !explainTokenRefusal(principal, entry.model.id, 'access_request:read'))
    return { accessRequests: found.map(describe) }
  })

  routes.add('get', '/api/v2/model/{modelId}/access-request/{accessRequestId}', ({ principal, params }) => ({
    accessRequest: describe(findAccessRequest(state, principal, params.accessRequestId)),
  }))

  routes.add('patch', '/api/v2/model/{modelId}/access-request/{accessRequestId}', ({ principal, params, body }) => {
    const found = findAccessRequest(state, principal, params.accessRequestId)
    requireChange(principal, found)
    // What is checked is what is there, not what it is to become (from Bailo's source).
    checkMetadata(state, found.accessRequest)
    found.accessRequest.metadata = body.metadata
    state.touch(found.accessRequest)
    return { accessRequest: describe(found) }
  })

  routes.add('delete', '/api/v2/model/{modelId}/access-request/{accessRequestId}', ({ principal, params }) => {
    const found = findAccessRequest(state, principal, params.accessRequestId)
    requireChange(principal, found)
    const { entry, accessRequest } = found
    entry.accessRequests.splice(entry.accessRequests.indexOf(accessRequest), 1)
    removeDiscussion(
      entry,
      accessRequest._id,
      (subject) => subject.kind === 'access' && subject.accessRequestId === accessRequest.id,
    )
    return { message: 'Successfully removed access request.' }
  })

  routes.add(
    'get',
    '/api/v2/model/{modelId}/access-request/{accessRequestId}/permissions/mine',
    ({ principal, params }) => {
      const info = explainNoChange(principal, findAccessRequest(state, principal, params.accessRequestId))
      const permission = info === undefined ? { hasPermission: true as const } : { hasPermission: false as const, info }
      return { permissions: { editAccessRequest: permission, deleteAccessRequest: permission } }
    },
  )
}

/**
 * Returns an access request that the principal may read. Its id says all: the model named beside it in a path is not looked
 * at (from Bailo's source).
 *
 * @throws BailoError 404 or 403
 */
export function findAccessRequest(
  state: SandboxState,
  principal: Principal,
  accessRequestId: string,
): FoundAccessRequest {
  const found = findUnprotected(state, accessRequestId)
  const { id: modelId } = found.entry.model
  findEntry(state, principal, modelId)
  requireAction(principal, modelId, 'access_request:read', { accessRequestId })
  return found
}

/** Returns an access request, whoever asks. @throws BailoError 404 */
export function findUnprotected(state: SandboxState, accessRequestId: string): FoundAccessRequest {
  const found = listAll(state).find(({ accessRequest }) => accessRequest.id === accessRequestId)
  if (found === undefined) throw notFound('The requested access request was not found.', { accessRequestId })
  return found
}

function listAll(state: SandboxState): FoundAccessRequest[] {
  return [...state.entries.values()].flatMap(listOf)
}

function listOf(entry: Entry): FoundAccessRequest[] {
  return entry.accessRequests.map((accessRequest) => ({ entry, accessRequest }))
}

/** @throws BailoError 400 or 404 */
function checkMetadata(
  state: SandboxState,
  { schemaId, metadata }: Pick<AccessRequest, 'schemaId' | 'metadata'>,
): void {
  const validationErrors = checkAgainstSchema(metadata, findSchema(state, schemaId).jsonSchema)
  if (validationErrors.length === 0) return
  const context = { schemaId, validationErrors }
  throw badRequest('Access Request Metadata could not be validated against the schema.', context)
}

function requireChange(principal: Principal, found: FoundAccessRequest): void {
  const refusal = explainNoChange(principal, found)
  if (refusal === undefined) return
  throw forbidden(refusal, { userDn: principal.user, accessRequestId: found.accessRequest.id })
}

/** It is for those who are named in it, and for those who own the model (from Bailo's source). */
function explainNoChange(principal: Principal, found: FoundAccessRequest): string | undefined {
  const { entry } = found
  const refusal = explainTokenRefusal(principal, entry.model.id, 'access_request:write')
  if (refusal !== undefined || isNamed(principal.user, found)) return refusal
  return principal.explainLackOfRight(entry.model.id, 'changeAccessRequest')
}

function isNamed(user: string, { accessRequest }: FoundAccessRequest): boolean {
  return accessRequest.metadata.overview.entities.includes(toEntity(user))
}

function describe({ entry, accessRequest }: FoundAccessRequest) {
  const { id, schemaId, metadata, createdBy } = accessRequest
  return { id, modelId: entry.model.id, schemaId, metadata, createdBy, ...describeStored(accessRequest) }
}

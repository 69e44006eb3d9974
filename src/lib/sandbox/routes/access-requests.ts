import { findEntry, requireAction } from '../access.js'
import { explainRefusal, USER } from '../auth.js'
import { describeStored } from '../describe.js'
import { badRequest } from '../errors.js'
import { newSlugId } from '../ids.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { checkAgainstSchema } from '../schema-check.js'
import type { AccessRequest } from '../state.js'
import { findSchema } from './schemas.js'

export function addAccessRequestRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('post', '/api/v2/model/{modelId}/access-requests', ({ principal, params: { modelId }, body }) => {
    const { schemaId, metadata } = body
    const entry = findEntry(state, principal, modelId)
    const validationErrors = checkAgainstSchema(metadata, findSchema(state, schemaId).jsonSchema)
    if (validationErrors.length > 0) {
      const context = { schemaId, validationErrors }
      throw badRequest('Access Request Metadata could not be validated against the schema.', context)
    }
    const id = newSlugId(metadata.overview.name)
    requireAction(principal, modelId, 'access_request:write', { accessRequestId: id })
    const accessRequest = { ...state.newDocument(), id, schemaId, metadata }
    entry.accessRequests.push(accessRequest)
    return { accessRequest: describe(modelId, accessRequest) }
  })

  routes.add('get', '/api/v2/model/{modelId}/access-requests', ({ principal, params: { modelId } }) => {
    const { accessRequests } = findEntry(state, principal, modelId)
    const isAllowed = explainRefusal(principal, modelId, 'access_request:read') === undefined
    return { accessRequests: isAllowed ? accessRequests.map((one) => describe(modelId, one)) : [] }
  })
}

function describe(modelId: string, accessRequest: AccessRequest) {
  const { id, schemaId, metadata } = accessRequest
  return { id, modelId, schemaId, metadata, createdBy: USER, ...describeStored(accessRequest) }
}

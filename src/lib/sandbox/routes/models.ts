import { findEntry, requireAction } from '../access.js'
import { explainRefusal, type Principal, type TokenAction } from '../auth.js'
import { describeModel } from '../describe.js'
import { badRequest, notFound } from '../errors.js'
import { newObjectId, newSlugId } from '../ids.js'
import { toEntity, type Right } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Collaborator, Entry, Model } from '../state.js'

/** Adds models and data cards themselves, without what belongs to them. */
export function addModelRoutes(routes: Routes, parts: SandboxParts): void {
  const { state, images } = parts

  routes.add('post', '/api/v2/models', ({ principal, body }) => {
    const id = newSlugId(body.name)
    checkCollaborators(body.collaborators ?? [])
    if (hasDuplicates(body.tags ?? [])) throw badRequest('You cannot have duplicate tags.')
    const collaborators = chooseCollaborators(principal.user, body.collaborators ?? [])
    requireAction(principal, id, 'model:write', {})
    checkMirror(body.settings?.mirror)
    const model: Model = {
      ...state.newDocument(),
      id,
      name: body.name,
      kind: body.kind,
      description: body.description,
      organisation: body.organisation ?? '',
      state: body.state ?? '',
      tags: (body.tags ?? []).map(normaliseTag),
      collaborators,
      settings: { ungovernedAccess: false, allowTemplating: false, ...body.settings },
      visibility: body.visibility ?? 'public',
    }
    state.addModel(model)
    return { model: describeModel(model) }
  })

  routes.add('get', '/api/v2/model/{modelId}', ({ principal, params: { modelId }, query: { kind } }) => {
    const { model } = findEntry(state, principal, modelId)
    if (kind && !kind.includes(model.kind)) throw notFound('The requested entry was not found.', { modelId })
    return { model: describeModel(model) }
  })

  routes.add('patch', '/api/v2/model/{modelId}', ({ principal, params: { modelId }, body }) => {
    const { model } = findEntry(state, principal, modelId)
    const { tags, collaborators, settings, ...changes } = body
    checkMirrorChange(model, settings?.mirror)
    if (collaborators) checkCollaborators(collaborators)
    if (tags && hasDuplicates(tags)) throw badRequest('You cannot have duplicate tags')
    requireAction(principal, modelId, 'model:write', {}, 'updateModel')
    const { name, kind, description, organisation, state: modelState, visibility } = { ...model, ...changes }
    Object.assign(model, { name, kind, description, organisation, state: modelState, visibility })
    if (tags) model.tags = tags.map(normaliseTag)
    if (collaborators) model.collaborators = collaborators.map(withId)
    if (tags ?? collaborators) model.__v++
    model.settings = mergeSettings(model.settings, settings)
    state.touch(model)
    return { model: describeModel(model) }
  })

  routes.add('delete', '/api/v2/model/{modelId}', async ({ principal, params: { modelId } }) => {
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'model:write', { modelId }, 'deleteModel')
    requireRightsOnContent(principal, entry, images.listImages(modelId).length)
    await deleteEntry(parts, entry)
    return { message: 'Successfully removed model.' }
  })

  routes.add('get', '/api/v2/model/{modelId}/permissions/mine', ({ principal, params: { modelId } }) => {
    findEntry(state, principal, modelId)
    return { permissions: describePermissions(principal, modelId) }
  })

  routes.add('get', '/api/v2/models/tags', () => ({ tags: listPopularTags(state.entries.values()) }))
}

/** What is deleted with a model needs rights of its own (from Bailo's source). @throws BailoError 403 */
function requireRightsOnContent(principal: Principal, entry: Entry, imageCount: number): void {
  const modelId = entry.model.id
  requireAction(principal, modelId, 'image:read')
  if (entry.releases.size > 0) requireAction(principal, modelId, 'release:write')
  if (entry.files.size > 0) requireAction(principal, modelId, 'file:write', { modelId }, 'deleteFile')
  if (imageCount > 0) requireAction(principal, modelId, 'image:write')
  if (entry.accessRequests.length > 0) requireAction(principal, modelId, 'access_request:write')
}

async function deleteEntry({ state, blobs, images, multipart }: SandboxParts, { model, files }: Entry): Promise<void> {
  state.entries.delete(model.id)
  for (const token of state.tokens.values()) token.modelIds = token.modelIds.filter((id) => id !== model.id)
  const transfers = [...state.transfers.values()].filter(({ modelId }) => modelId === model.id)
  for (const { _id } of transfers) state.transfers.delete(_id)
  for (const fileId of files.keys()) await multipart.abort(fileId)
  const blobKeys = [
    ...[...files.values()].map(({ content }) => content?.blobKey),
    ...transfers.map((one) => one.archiveKey),
  ]
  for (const key of blobKeys) if (key !== undefined) await blobs.remove(key)
  await images.deleteModel(model.id)
}

type MirrorSettings = Model['settings']['mirror']

/** @throws BailoError 400 (from Bailo's source) */
function checkMirror(mirror: MirrorSettings): void {
  if (mirror?.destinationModelId && mirror.sourceModelId) {
    throw badRequest('You cannot select both mirror settings simultaneously.')
  }
}

/** @throws BailoError 400 (from Bailo's source) */
function checkMirrorChange({ kind }: Model, mirror: MirrorSettings): void {
  if (mirror?.sourceModelId) throw badRequest('Cannot change standard model to be a mirrored model.')
  if (kind === 'mirrored-model' && mirror?.destinationModelId) {
    throw badRequest('Cannot set a destination model ID for a mirrored model.')
  }
}

function mergeSettings(present: Model['settings'], changes: Model['settings'] = {}): Model['settings'] {
  const mirror = changes.mirror && { mirror: { ...present.mirror, ...changes.mirror } }
  return { ...present, ...changes, ...mirror }
}

function normaliseTag(tag: string): string {
  return tag.toLowerCase()
}

function hasDuplicates(tags: readonly string[]): boolean {
  return new Set(tags.map(normaliseTag)).size < tags.length
}

type CollaboratorInput = Omit<Collaborator, '_id'>

function withId({ entity, roles }: CollaboratorInput): Collaborator {
  return { entity, roles, _id: newObjectId() }
}

function checkCollaborators(collaborators: readonly CollaboratorInput[]): void {
  const entities = collaborators.map(({ entity }) => entity)
  const duplicates = new Set(entities.filter((entity, index) => entities.indexOf(entity) !== index))
  if (duplicates.size === 0) return
  throw badRequest(`The following duplicate collaborators have been found: ${[...duplicates].join(', ')}`)
}

function chooseCollaborators(user: string, collaborators: readonly CollaboratorInput[]): Collaborator[] {
  if (collaborators.length === 0) return [withId({ entity: toEntity(user), roles: ['owner'] })]
  if (!collaborators.some(({ roles }) => roles.includes('owner'))) {
    throw badRequest('At least one collaborator must be given the owner role.')
  }
  return collaborators.map(withId)
}

function describePermissions(principal: Principal, modelId: string) {
  const permit = (right: Right, ...actions: TokenAction[]) => {
    const refusals = actions.map((action) => explainRefusal(principal, modelId, action, right))
    const info = refusals.find((text) => text !== undefined)
    return info === undefined ? { hasPermission: true as const } : { hasPermission: false as const, info }
  }
  return {
    editEntry: permit('updateModel', 'model:write'),
    editEntryCard: permit('writeCard', 'model:write'),
    createRelease: permit('writeCard', 'release:write', 'model:write'),
    editRelease: permit('updateModel', 'release:write', 'model:write'),
    deleteRelease: permit('writeCard', 'release:write', 'model:write'),
    pushModelImage: permit('pushImage', 'image:write'),
    createInferenceService: permit('see', 'model:write'),
    editInferenceService: permit('updateModel', 'model:write'),
    exportMirroredModel: permit('updateModel', 'model:write'),
  }
}

const POPULAR_TAGS_LIMIT = 10

/** The tags that most models have, in that order. */
function listPopularTags(entries: Iterable<Entry>): string[] {
  const counts = new Map<string, number>()
  for (const { model } of entries) for (const tag of model.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts]
    .sort(([tagA, countA], [tagB, countB]) => countB - countA || (tagA < tagB ? -1 : 1))
    .slice(0, POPULAR_TAGS_LIMIT)
    .map(([tag]) => tag)
}

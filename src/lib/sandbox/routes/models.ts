import { findEntry, requireAction } from '../access.js'
import { explainRefusal, USER, type Principal, type TokenAction } from '../auth.js'
import { describeModel } from '../describe.js'
import { badRequest, notFound } from '../errors.js'
import { newObjectId, newSlugId } from '../ids.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Collaborator, Entry, Model } from '../state.js'

/** Adds models and data cards themselves, without what belongs to them. */
export function addModelRoutes(routes: Routes, parts: SandboxParts): void {
  const { state } = parts

  routes.add('post', '/api/v2/models', ({ principal, body }) => {
    const id = newSlugId(body.name)
    checkCollaborators(body.collaborators ?? [])
    if (hasDuplicates(body.tags ?? [])) throw badRequest('You cannot have duplicate tags.')
    const collaborators = chooseCollaborators(body.collaborators ?? [])
    requireAction(principal, id, 'model:write', {})
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
    if (collaborators) checkCollaborators(collaborators)
    if (tags && hasDuplicates(tags)) throw badRequest('You cannot have duplicate tags')
    requireAction(principal, modelId, 'model:write', {})
    const { name, kind, description, organisation, state: modelState, visibility } = { ...model, ...changes }
    Object.assign(model, { name, kind, description, organisation, state: modelState, visibility })
    if (tags) model.tags = tags.map(normaliseTag)
    if (collaborators) model.collaborators = collaborators.map(withId)
    if (tags ?? collaborators) model.__v++
    model.settings = { ...model.settings, ...settings }
    state.touch(model)
    return { model: describeModel(model) }
  })

  routes.add('delete', '/api/v2/model/{modelId}', async ({ principal, params: { modelId } }) => {
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'model:write')
    await deleteEntry(parts, entry)
    return { message: 'Successfully removed model.' }
  })

  routes.add('get', '/api/v2/model/{modelId}/permissions/mine', ({ principal, params: { modelId } }) => {
    findEntry(state, principal, modelId)
    return { permissions: describePermissions(principal, modelId) }
  })

  routes.add('get', '/api/v2/models/tags', () => ({ tags: listPopularTags(state.entries.values()) }))
}

async function deleteEntry({ state, blobs, images }: SandboxParts, { model, files }: Entry): Promise<void> {
  state.entries.delete(model.id)
  for (const token of state.tokens.values()) token.modelIds = token.modelIds.filter((id) => id !== model.id)
  for (const { content } of files.values()) if (content) await blobs.remove(content.blobKey)
  await images.deleteModel(model.id)
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

function chooseCollaborators(collaborators: readonly CollaboratorInput[]): Collaborator[] {
  if (collaborators.length === 0) return [withId({ entity: `user:${USER}`, roles: ['owner'] })]
  if (!collaborators.some(({ roles }) => roles.includes('owner'))) {
    throw badRequest('At least one collaborator must be given the owner role.')
  }
  return collaborators.map(withId)
}

function describePermissions(principal: Principal, modelId: string) {
  const permit = (...actions: TokenAction[]) => {
    const info = actions.map((action) => explainRefusal(principal, modelId, action)).find((text) => text !== undefined)
    return info === undefined ? { hasPermission: true as const } : { hasPermission: false as const, info }
  }
  return {
    editEntry: permit('model:write'),
    editEntryCard: permit('model:write'),
    createRelease: permit('release:write', 'model:write'),
    editRelease: permit('release:write', 'model:write'),
    deleteRelease: permit('release:write', 'model:write'),
    pushModelImage: permit('image:write'),
    createInferenceService: permit('model:write'),
    editInferenceService: permit('model:write'),
    exportMirroredModel: permit('model:write'),
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

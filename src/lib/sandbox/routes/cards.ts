import { setTimeout as sleep } from 'node:timers/promises'
import { findEntry, refuseMirror, requireAction } from '../access.js'
import { isObject } from '../contract.js'
import { describeCard } from '../describe.js'
import { badRequest, notFound, UnknownServerError } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import { giveDefaultRoles } from '../review-roles.js'
import type { Routes } from '../routes.js'
import { checkAgainstSchema } from '../schema-check.js'
import type { Card, Entry, SandboxState } from '../state.js'
import { findSchema } from './schemas.js'

/**
 * How long saving a version takes. The server reads the latest version, saves the next one, and lets the database refuse a
 * version that is there already: requests that come within this time of each other collide, as they do there.
 */
const SAVE_TIME_MS = 15

export function addCardRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('post', '/api/v2/model/{modelId}/setup/from-schema', async ({ principal, params: { modelId }, body }) => {
    const entry = findEntry(state, principal, modelId)
    refuseMirror(entry, 'Cannot alter a mirrored model.')
    requireAction(principal, modelId, 'model:write')
    refuseSecondCard(entry)
    const schema = findSchema(state, body.schemaId)
    const { id: schemaId, hidden, kind } = schema
    if (hidden) throw badRequest('Cannot create a new Card using a hidden schema.', { schemaId, kind })
    giveDefaultRoles(state, entry, schema)
    return {
      card: describeCard(modelId, await saveCard(state, entry, { schemaId, version: 1, createdBy: principal.user })),
    }
  })

  routes.add(
    'post',
    '/api/v2/model/{modelId}/setup/from-template',
    async ({ principal, params: { modelId }, body }) => {
      const { templateId } = body
      if (modelId === templateId) {
        throw badRequest('The model and template ID must be different', { modelId, templateId })
      }
      const entry = findEntry(state, principal, modelId)
      refuseSecondCard(entry)
      refuseMirror(entry, 'Cannot alter a mirrored model.')
      const template = findEntry(state, principal, templateId).cards.at(-1)
      if (template === undefined)
        throw badRequest('The template model is missing a model card', { modelId, templateId })
      requireAction(principal, modelId, 'model:write')
      const { schemaId, metadata } = template
      const details = { schemaId, version: 1, metadata, createdBy: principal.user }
      return { card: describeCard(modelId, await saveCard(state, entry, details)) }
    },
  )

  routes.add('put', '/api/v2/model/{modelId}/model-cards', async ({ principal, params: { modelId }, body }) => {
    const entry = findEntry(state, principal, modelId)
    const latest = entry.cards.at(-1)
    if (latest === undefined) throw notFound('The requested schema was not found.', {})
    const { schemaId, version } = latest
    const validationErrors = checkAgainstSchema(body.metadata, findSchema(state, schemaId).jsonSchema)
    if (validationErrors.length > 0) {
      throw badRequest('Model metadata could not be validated against the schema.', { validationErrors })
    }
    requireAction(principal, modelId, 'model:write')
    const details = { schemaId, version: version + 1, metadata: body.metadata, createdBy: principal.user }
    const card = await saveCard(state, entry, details)
    return { card: describeCard(modelId, card) }
  })

  routes.add(
    'get',
    '/api/v2/model/{modelId}/model-card/{version}',
    ({ principal, params: { modelId, version }, query }) => {
      const entry = findEntry(state, principal, modelId)
      if (version === 'latest') {
        const latest = entry.cards.at(-1)
        return { modelCard: latest === undefined ? {} : describeCard(modelId, latest) }
      }
      return { modelCard: describeCard(modelId, findCard(entry, Number(version), query.mirrored)) }
    },
  )

  routes.add('get', '/api/v2/model/{modelId}/model-card-revisions', ({ principal, params: { modelId } }) => {
    const { cards, mirroredCards } = findEntry(state, principal, modelId)
    return { modelCardRevisions: [...cards, ...mirroredCards].map((card) => describeCard(modelId, card)) }
  })
}

/** @throws BailoError 404 */
export function findCard({ model, cards, mirroredCards }: Entry, version: number, isMirrored = false): Card {
  const card = (isMirrored ? mirroredCards : cards).find((one) => one.version === version)
  if (card !== undefined) return card
  throw notFound(`Version '${version}' does not exist on the requested model`, { modelId: model.id, version })
}

function refuseSecondCard({ model, cards }: Entry): void {
  if (cards.length > 0) throw badRequest('This model already has a model card.', { modelId: model.id })
}

/**
 * Adds a version of a card.
 *
 * @throws UnknownServerError when another request has saved this version in the meantime
 */
export async function saveCard(
  state: SandboxState,
  { model, cards }: Entry,
  {
    metadata,
    ...details
  }: Pick<Card, 'schemaId' | 'version' | 'createdBy'> & { metadata?: Card['metadata'] | undefined },
): Promise<Card> {
  await sleep(SAVE_TIME_MS)
  if (cards.some(({ version }) => version >= details.version)) throw new UnknownServerError()
  const kept = dropEmptyObjects(metadata)
  const card: Card = { ...state.newDocument(), ...details, ...(kept && { metadata: kept }) }
  cards.push(card)
  state.touch(model)
  return card
}

/**
 * The server's database does not keep empty objects (observed for a card, documented by its library for any depth).
 * Undefined when nothing else is left.
 */
function dropEmptyObjects(metadata: Card['metadata']): Card['metadata'] {
  const kept = Object.entries(metadata ?? {})
    .map(([key, value]) => [key, isObject(value) ? dropEmptyObjects(value) : value] as const)
    .filter(([, value]) => value !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

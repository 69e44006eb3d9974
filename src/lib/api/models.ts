import { UsageError } from '../errors.js'
import { answers, type ModelAnswer, type PermissionsAnswer } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

export type Model = ModelAnswer['model']

const MODEL = '/api/v2/model/{modelId}'
const MODELS = '/api/v2/models'
const CARD = '/api/v2/model/{modelId}/model-card/{version}'
const PERMISSIONS = '/api/v2/model/{modelId}/permissions/mine'
const SETUP = '/api/v2/model/{modelId}/setup/from-schema'
const SCHEMAS = '/api/v2/schemas'

/** The schema that a Bailo instance has for models unless its operators removed it. */
const DEFAULT_SCHEMA_ID = 'minimal-general-v10'

/**
 * @throws ResponseError 404 when there is no such model, or the token may not see it
 */
export async function getModel(instance: Instance, modelId: string): Promise<Model> {
  const body = await bodyOf(instance.json.GET(MODEL, { params: { path: { modelId } } }))
  return answers.model.check({ method: 'GET', path: MODEL }, body).model
}

/** What the caller may do with a model, by its rights and those of its token, with the reason where it may not. */
export async function getPermissions(instance: Instance, modelId: string): Promise<PermissionsAnswer['permissions']> {
  const body = await bodyOf(instance.json.GET(PERMISSIONS, { params: { path: { modelId } } }))
  return answers.permissions.check({ method: 'GET', path: PERMISSIONS }, body).permissions
}

/** Makes a public model without a card. Names may repeat; the server makes the id from the name. */
export async function createModel(instance: Instance, name: string, description: string): Promise<Model> {
  const body = await bodyOf(
    instance.json.POST(MODELS, { body: { name, description, kind: 'model', visibility: 'public' } }),
  )
  return answers.model.check({ method: 'POST', path: MODELS }, body).model
}

/** Whether the model has a card; without one it cannot have releases (observed: 500). */
export async function hasModelCard(instance: Instance, modelId: string): Promise<boolean> {
  const body = await bodyOf(instance.json.GET(CARD, { params: { path: { modelId, version: 'latest' } } }))
  return answers.card.check({ method: 'GET', path: CARD }, body).modelCard.version !== undefined
}

/**
 * Gives a model its first card, with empty metadata.
 *
 * @param schemaId default: the instance's usual schema for models, or else its first active one
 * @returns the id of the schema that was used
 * @throws UsageError when the instance has no active schema for models
 */
export async function setUpModelCard(instance: Instance, modelId: string, schemaId?: string): Promise<string> {
  const chosen = schemaId ?? (await chooseSchema(instance))
  await bodyOf(instance.json.POST(SETUP, { params: { path: { modelId } }, body: { schemaId: chosen } }))
  return chosen
}

/**
 * Chooses the schema that the cards of models are made from: the instance's usual one, or else its first active one.
 *
 * @throws UsageError when there is none
 */
export async function chooseSchema(instance: Instance): Promise<string> {
  const body = await bodyOf(instance.json.GET(SCHEMAS, { params: { query: { kind: 'model' } } }))
  const active = answers.schemas.check({ method: 'GET', path: SCHEMAS }, body).schemas.filter((schema) => schema.active)
  const chosen = active.find((schema) => schema.id === DEFAULT_SCHEMA_ID) ?? active[0]
  if (chosen === undefined) {
    throw new UsageError(`The instance at ${instance.origin} has no active schema for models.`, [
      'ask its operators to add one, or name a model that has a card already',
    ])
  }
  return chosen.id
}

import { answers, type ModelEntry, type PermissionsAnswer } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'
import { chooseSchema } from './schemas.js'

export type Model = ModelEntry

const MODEL = '/api/v2/model/{modelId}'
const MODELS = '/api/v2/models'
const CARD = '/api/v2/model/{modelId}/model-card/{version}'
const PERMISSIONS = '/api/v2/model/{modelId}/permissions/mine'
const SETUP = '/api/v2/model/{modelId}/setup/from-schema'

/** What a model can be given when it is made. */
export interface ModelDetails {
  /** Default: `model`. */
  readonly kind?: 'model' | 'data-card'
  /** In any case; the server keeps them in lower case, and refuses two that differ in nothing else (observed). */
  readonly tags?: readonly string[]
}

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
export async function createModel(
  instance: Instance,
  name: string,
  description: string,
  details: ModelDetails = {},
): Promise<Model> {
  const body = await bodyOf(instance.json.POST(MODELS, { body: toModelBody(name, description, details) }))
  return answers.model.check({ method: 'POST', path: MODELS }, body).model
}

/** Size in bytes of the JSON body that {@link createModel} would send. */
export function measureModelBody(name: string, description: string, details: ModelDetails = {}): number {
  return Buffer.byteLength(JSON.stringify(toModelBody(name, description, details)))
}

function toModelBody(name: string, description: string, { kind = 'model', tags }: ModelDetails) {
  return { name, description, kind, visibility: 'public' as const, ...(tags && { tags: [...tags] }) }
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
  const chosen = schemaId ?? (await chooseSchema(instance, 'model')).id
  await bodyOf(instance.json.POST(SETUP, { params: { path: { modelId } }, body: { schemaId: chosen } }))
  return chosen
}

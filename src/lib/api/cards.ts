import { answers, type CardEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const CARD = '/api/v2/model/{modelId}/model-card/{version}'
const REVISIONS = '/api/v2/model/{modelId}/model-card-revisions'
const CARDS = '/api/v2/model/{modelId}/model-cards'

/** The latest version of a model's card; undefined while the model has none. */
export async function getLatestCard(instance: Instance, modelId: string): Promise<CardEntry | undefined> {
  const body = await bodyOf(instance.json.GET(CARD, { params: { path: { modelId, version: 'latest' } } }))
  const { version, schemaId, ...details } = answers.card.check({ method: 'GET', path: CARD }, body).modelCard
  return version === undefined || schemaId === undefined ? undefined : { version, schemaId, ...details }
}

/** All versions of a model's card that were made on this instance, oldest first, in one request. */
export async function listCardRevisions(instance: Instance, modelId: string): Promise<readonly CardEntry[]> {
  return (await listAllRevisions(instance, modelId)).filter(({ mirrored }) => mirrored !== true)
}

/** All versions of a mirrored model's card that came from its source, oldest first, in one request. */
export async function listMirroredRevisions(instance: Instance, modelId: string): Promise<readonly CardEntry[]> {
  return (await listAllRevisions(instance, modelId)).filter(({ mirrored }) => mirrored === true)
}

async function listAllRevisions(instance: Instance, modelId: string): Promise<readonly CardEntry[]> {
  const body = await bodyOf(instance.json.GET(REVISIONS, { params: { path: { modelId } } }))
  const revisions = answers.cardRevisions.check({ method: 'GET', path: REVISIONS }, body).modelCardRevisions
  return revisions.toSorted((a, b) => a.version - b.version)
}

/**
 * Makes a new version of a card. It is not sent again when the answer is lost, because each time makes a version.
 *
 * @returns its version
 * @throws ResponseError 500 when another version was saved at the same time (observed)
 */
export async function putCard(
  instance: Instance,
  modelId: string,
  metadata: Readonly<Record<string, unknown>>,
): Promise<number> {
  const body = await bodyOf(instance.json.PUT(CARDS, { params: { path: { modelId } }, body: toCardBody(metadata) }))
  return answers.savedCard.check({ method: 'PUT', path: CARDS }, body).card.version
}

/** Size in bytes of the JSON body that {@link putCard} would send. */
export function measureCardBody(metadata: Readonly<Record<string, unknown>>): number {
  return Buffer.byteLength(JSON.stringify(toCardBody(metadata)))
}

function toCardBody(metadata: Readonly<Record<string, unknown>>) {
  return { metadata }
}

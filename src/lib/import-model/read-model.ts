import { bodyOf } from '../api/client.js'
import type { Instance } from '../api/instance.js'
import type { ModelSeed } from '../sandbox/index.js'
import { importAnswers } from './answers.js'
import { readImages } from './read-images.js'

const MODEL = '/api/v2/model/{modelId}'
const CARDS = '/api/v2/model/{modelId}/model-card-revisions'
const SCHEMA = '/api/v2/schema/{schemaId}'
const FILES = '/api/v2/model/{modelId}/files'
const RELEASES = '/api/v2/model/{modelId}/releases'

/**
 * Reads what a model is made of, without the bytes of its files and layers.
 *
 * @param warn told of what cannot be read and is left out
 * @throws ResponseError 404 when there is no such model, 403 when the token may not see a part of it; ConnectionError and
 *   UnexpectedAnswerError when the instance does not answer as a Bailo does
 */
export async function readModel(
  instance: Instance,
  modelId: string,
  warn: (message: string) => void,
): Promise<ModelSeed> {
  const params = { path: { modelId } }
  const { json } = instance
  const { model } = importAnswers.model.check({ method: 'GET', path: MODEL }, await bodyOf(json.GET(MODEL, { params })))
  const { modelCardRevisions } = importAnswers.cards.check(
    { method: 'GET', path: CARDS },
    await bodyOf(json.GET(CARDS, { params })),
  )
  const { files } = importAnswers.files.check({ method: 'GET', path: FILES }, await bodyOf(json.GET(FILES, { params })))
  const { releases } = importAnswers.releases.check(
    { method: 'GET', path: RELEASES },
    await bodyOf(json.GET(RELEASES, { params })),
  )
  const hasImages = !model.kind.endsWith('data-card')
  return {
    model,
    cards: modelCardRevisions.toSorted((a, b) => a.version - b.version),
    schemas: await readSchemas(instance, new Set(modelCardRevisions.map(({ schemaId }) => schemaId))),
    // An unfinished upload is listed with a size on some instances, and has no bytes all the same.
    files: files.map(({ size, ...file }) => ({ ...file, ...(file.complete && { sizeBytes: size ?? 0 }) })),
    // Listed are drafts first, then what was changed last (observed).
    releases: releases.toReversed().toSorted((a, b) => (a.updatedAt < b.updatedAt ? -1 : Number(a.updatedAt > b.updatedAt))), // prettier-ignore
    images: hasImages ? await readImages(instance, modelId, warn) : [],
  }
}

async function readSchemas(instance: Instance, schemaIds: ReadonlySet<string>): Promise<ModelSeed['schemas']> {
  const schemas: ModelSeed['schemas'][number][] = []
  for (const schemaId of schemaIds) {
    const body = await bodyOf(instance.json.GET(SCHEMA, { params: { path: { schemaId } } }))
    schemas.push(importAnswers.schema.check({ method: 'GET', path: SCHEMA }, body).schema)
  }
  return schemas
}

import { findEntry } from '../access.js'
import { renderCardPage } from '../card-page.js'
import { readCardText } from '../card-text.js'
import { badRequest, notFound } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { checkAgainstSchema } from '../schema-check.js'
import { findCard } from './cards.js'
import { findSchema } from './schemas.js'

/** Adds the ways of a card to a page, and of a text to a card. Both only need the right to read the model. */
export function addCardExportRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/model/{modelId}/model-card/{version}/html', ({ principal, params, reply }) => {
    const { modelId, version } = params
    const entry = findEntry(state, principal, modelId)
    const card = version === 'latest' ? entry.cards.at(-1) : findCard(entry, Number(version))
    if (card === undefined) throw notFound('This model has no model card setup', { modelId, version })
    const { jsonSchema } = findSchema(state, card.schemaId)
    return reply.type('text/html; charset=utf-8').send(renderCardPage(entry.model, card, jsonSchema))
  })

  routes.add('post', '/api/v2/model/{modelId}/import-model-card-text', ({ principal, params: { modelId }, body }) => {
    const card = findEntry(state, principal, modelId).cards.at(-1)
    if (card === undefined) {
      throw badRequest('Model does not have a schema selected. Please select a schema before importing.')
    }
    const { jsonSchema } = findSchema(state, card.schemaId)
    const metadata = readCardText(body.text, jsonSchema)
    return { metadata, warnings: checkAgainstSchema(metadata, jsonSchema).map(({ stack }) => stack) }
  })
}

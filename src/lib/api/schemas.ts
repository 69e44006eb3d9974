import { UsageError } from '../errors.js'
import { ResponseError } from '../http/errors.js'
import { showServerText } from '../http/server-text.js'
import { answers, type SchemaEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const SCHEMAS = '/api/v2/schemas'
const SCHEMA = '/api/v2/schema/{schemaId}'

/** What a schema describes the cards of. */
export type SchemaKind = 'model' | 'dataCard'

/** The schemas that a Bailo instance has unless its operators removed them. */
const DEFAULT_SCHEMA_IDS: Readonly<Record<SchemaKind, string>> = {
  model: 'minimal-general-v10',
  dataCard: 'minimal-data-card-v10',
}

const NAMES: Readonly<Record<SchemaKind, string>> = { model: 'models', dataCard: 'data cards' }

/**
 * Chooses the schema that cards are made from: the instance's usual one, or else the first that takes new cards.
 *
 * @param schemaId the one to take instead
 * @throws UsageError when there is none, or not this one
 */
export async function chooseSchema(instance: Instance, kind: SchemaKind, schemaId?: string): Promise<SchemaEntry> {
  const body = await bodyOf(instance.json.GET(SCHEMAS, { params: { query: { kind } } }))
  const usable = answers.schemas
    .check({ method: 'GET', path: SCHEMAS }, body)
    .schemas.filter(({ active, hidden }) => active && hidden !== true)
  if (schemaId !== undefined) {
    const named = usable.find(({ id }) => id === schemaId)
    if (named !== undefined) return named
    const names = usable.map(({ id }) => showServerText(id)).join(', ')
    throw new UsageError(`The instance at ${instance.origin} has no schema ${schemaId} that ${NAMES[kind]} can use.`, [
      names === '' ? 'ask its operators to add one' : `use one of these: ${names}`,
    ])
  }
  const chosen = usable.find(({ id }) => id === DEFAULT_SCHEMA_IDS[kind]) ?? usable[0]
  if (chosen === undefined) {
    throw new UsageError(`The instance at ${instance.origin} has no active schema for ${NAMES[kind]}.`, [
      'ask its operators to add one, or name a model that has a card already',
    ])
  }
  return chosen
}

/**
 * Reads one schema, also one that takes no new cards.
 *
 * @throws UsageError when there is none of this id any more
 */
export async function getSchema(instance: Instance, schemaId: string): Promise<SchemaEntry> {
  try {
    const body = await bodyOf(instance.json.GET(SCHEMA, { params: { path: { schemaId } } }))
    return answers.schema.check({ method: 'GET', path: SCHEMA }, body).schema
  } catch (error) {
    if (!(error instanceof ResponseError) || error.status !== 404) throw error
    throw new UsageError(
      `The schema ${showServerText(schemaId)} cannot be loaded from ${instance.origin}: ${error.serverMessage}`,
      ['ask the operators of the instance to add it again, or use a model with another schema'],
      error,
    )
  }
}

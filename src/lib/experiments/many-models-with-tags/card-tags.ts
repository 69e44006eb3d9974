import type { Instance } from '../../api/instance.js'
import { chooseSchema } from '../../api/schemas.js'
import { readSchema, SchemaError, type Metadata, type SchemaValues } from '../../content/schema-values/index.js'
import { createRandom } from '../../content/seeded-random.js'
import { ExitCode, ExpectedError, UsageError } from '../../errors.js'
import { flipCase } from './letter-case.js'

export type TagsIn = 'auto' | 'model' | 'card'

/** How tags are put into cards. */
export interface CardTags {
  readonly schemaId: string
  /** The card of a model with these tags. */
  makeCard(tags: readonly string[], seed: string): Metadata
}

/** Where the tags of the models go. */
export interface TagPlaces {
  readonly isOnModel: boolean
  readonly card: CardTags | undefined
  /** Why they do not go into cards as well; undefined when they do, or nobody asked. */
  readonly notInCards: string | undefined
}

/**
 * Decides where tags are set: on the model, where Bailo has them today, and in the card's `overview.tags`, where it had
 * them before, as far as the schema of the cards allows it.
 *
 * @throws UsageError when they are to be in cards only and the schema refuses them
 */
export async function decidePlaces(
  instance: Instance,
  { tagsIn, tags, schemaId }: { tagsIn: TagsIn; tags: readonly string[]; schemaId?: string | undefined },
): Promise<TagPlaces> {
  if (tagsIn === 'model') return { isOnModel: true, card: undefined, notInCards: undefined }
  const schema = await chooseSchema(instance, 'model', schemaId)
  const isOnModel = tagsIn === 'auto'
  try {
    return { isOnModel, card: allowTags(schema.id, readSchema(schema.jsonSchema ?? {}), tags), notInCards: undefined }
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const notInCards = `the schema ${schema.id} ${error.message}`
    if (isOnModel) return { isOnModel, card: undefined, notInCards }
    throw new UsageError(`The tags cannot be put into cards: ${notInCards}.`, [
      'use --tags-in model, or name a schema that has overview.tags with --schema',
    ])
  }
}

/** @throws SchemaError when the schema refuses the tags */
function allowTags(schemaId: string, values: SchemaValues, tags: readonly string[]): CardTags {
  const onlyTags = (some: readonly string[]): Metadata => ({ overview: { tags: some } })
  const withTheRest = (some: readonly string[], seed: string): Metadata => {
    const card = values.make(createRandom(seed, 'card with tags'), true)
    const { overview } = card
    return { ...card, overview: { ...(overview as object | undefined), tags: some } }
  }
  const sample = tags.map((tag) => flipCase(createRandom('sample', tag), tag))
  const refusal = values.findMismatch(onlyTags(sample))
  if (refusal === undefined) return { schemaId, makeCard: onlyTags }
  if (values.findMismatch(withTheRest(sample, 'sample')) !== undefined) {
    throw new SchemaError(`does not allow overview.tags (${refusal})`)
  }
  return {
    schemaId,
    makeCard: (some, seed) => {
      const card = withTheRest(some, seed)
      const mismatch = values.findMismatch(card)
      if (mismatch === undefined) return card
      throw new ExpectedError(`The schema ${schemaId} takes no card with the tags ${some.join(', ')}: ${mismatch}.`, {
        exitCode: ExitCode.Usage,
        tryNext: ['use --tags-in model'],
      })
    },
  }
}

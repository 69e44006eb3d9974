import { measureCardBody } from '../../api/cards.js'
import { MAX_JSON_BODY_BYTES } from '../../api/releases.js'
import { readSchema, SchemaError, type Metadata, type SchemaValues } from '../../content/schema-values/index.js'
import { createRandom } from '../../content/seeded-random.js'
import { ExitCode, ExpectedError, UsageError } from '../../errors.js'

/** The cards of a run: each depends on the seed and its own number only, so that none has to be kept. */
export interface CardPlan {
  readonly schemaId: string
  readonly values: SchemaValues
  /**
   * Makes the card of a revision, from 1 on, small enough for Bailo.
   *
   * @throws ExpectedError when it cannot be made small enough
   */
  makeCard(index: number): Metadata
}

/**
 * Plans cards for a schema.
 *
 * @throws UsageError when the schema cannot be read, has nothing to fill in, or makes cards that Bailo does not take
 */
export function planCards(schema: { id: string; jsonSchema?: unknown }, seed: string): CardPlan {
  const values = read(schema)
  const { object, nothing, ...filled } = values.counts
  if (Object.values(filled).every((count) => count === 0)) {
    const why = values.leftOut.length === 0 ? '' : ` Left out: ${values.leftOut.join('; ')}.`
    const found = object + nothing === 0 ? 'no part' : 'only objects without anything in them'
    throw new UsageError(`The schema ${schema.id} has nothing to fill in: ${found}.${why}`, [
      'use a model with another schema',
    ])
  }
  const plan: CardPlan = {
    schemaId: schema.id,
    values,
    makeCard: (index) => {
      const purpose = `card ${index}`
      const card = values.make(createRandom(seed, purpose))
      if (fits(card)) return card
      const shortCard = values.make(createRandom(seed, purpose), true)
      if (fits(shortCard)) return shortCard
      throw new ExpectedError(
        `A card of the schema ${schema.id} has at least ${measureCardBody(shortCard)} bytes, and Bailo takes ${MAX_JSON_BODY_BYTES}.`,
        { exitCode: ExitCode.Usage, tryNext: ['use a model with another schema'] },
      )
    },
  }
  // Before anything is made: whether a card can be made at all.
  plan.makeCard(1)
  return plan
}

function read({ id, jsonSchema }: { id: string; jsonSchema?: unknown }): SchemaValues {
  try {
    return readSchema(jsonSchema)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new UsageError(`The schema ${id} cannot be filled in: it ${error.message}.`, [
      'use a model with another schema',
    ])
  }
}

function fits(card: Metadata): boolean {
  return measureCardBody(card) <= MAX_JSON_BODY_BYTES
}

import { createModel as create, setUpModelCard } from '../api/models.js'
import { getOrCreateModel as findOrCreate } from '../experiments/get-or-create-model.js'
import { partsOf, type Bailo } from './bailo.js'

const DESCRIPTION = 'Made by an experiment with bailo-exp.'

export interface NewModel {
  /** Names may repeat; Bailo makes the id from the name. */
  readonly name: string
  readonly description?: string
  /** Of the card that the model is given. Default: the instance's usual schema. */
  readonly schemaId?: string
}

/**
 * Creates a public model with a card, without which Bailo takes no releases.
 *
 * @returns the id of the model
 * @throws ResponseError and ConnectionError when the instance does not make it
 */
export async function createModel(
  bailo: Bailo,
  { name, description = DESCRIPTION, schemaId }: NewModel,
): Promise<string> {
  const { instance } = partsOf(bailo)
  const { id } = await create(instance, name, description)
  await setUpModelCard(instance, id, schemaId)
  return id
}

export interface ModelRequest extends NewModel {
  /** The key of environment and dotenv file that the id is read from and, for a new model, written back to. */
  readonly envKey: string
  /** Wins over the key. */
  readonly modelId?: string
}

/**
 * Finds the model of an experiment by a key of the dotenv file, or creates it, gives it a card and writes its id there, so
 * that the next run uses the same one. The name of a model that is made ends with an id of the run.
 *
 * @throws UsageError when the dotenv file cannot be written; ResponseError and ConnectionError
 */
export async function getOrCreateModel(
  bailo: Bailo,
  { description = DESCRIPTION, ...request }: ModelRequest,
): Promise<{ readonly modelId: string; readonly isNew: boolean }> {
  const { createContext, instance, settings } = partsOf(bailo)
  return findOrCreate(createContext(), instance, settings, { description, ...request })
}

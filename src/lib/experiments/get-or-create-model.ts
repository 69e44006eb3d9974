import type { Instance } from '../api/instance.js'
import { createModel, hasModelCard, setUpModelCard } from '../api/models.js'
import { searchModels } from '../api/search-models.js'
import type { Settings } from '../config/settings.js'
import type { Run } from '../run/run.js'
import type { ExperimentContext } from './context.js'

export interface ModelRequest {
  /** By flag; wins over the dotenv key. */
  readonly modelId?: string | undefined
  /** The key that the id is read from and, for a new model, written back to. */
  readonly envKey: string
  /** The id of the run is added to the name of a model that is made. */
  readonly name: string
  readonly description: string
  readonly schemaId?: string | undefined
  /** Whether the model has a card, where that is known already; otherwise the server is asked. */
  readonly hasCard?: boolean | undefined
}

/** The model's id by flag, environment or dotenv file; undefined when it is still to be made. */
export function findModelId(settings: Settings, request: Pick<ModelRequest, 'modelId' | 'envKey'>): string | undefined {
  return request.modelId ?? settings.lookUp(request.envKey)
}

/**
 * Finds the model of an experiment, or creates it, and gives it a card when it has none. The id of a new model is
 * written to the dotenv file before anything is made in it, so that the next run uses the same one.
 *
 * @returns the model's id; in a dry run that would create it, a placeholder
 */
export async function getOrCreateModel(
  context: ExperimentContext,
  instance: Instance,
  settings: Settings,
  request: ModelRequest,
): Promise<{ modelId: string; isNew: boolean }> {
  const { run, warn } = context
  const existing = findModelId(settings, request)
  const modelId = existing ?? (await create(context, instance, settings, request))
  const isNew = existing === undefined
  run.useModel(instance.origin, modelId)
  if (isNew || !(request.hasCard ?? (await hasModelCard(instance, modelId)))) {
    try {
      const find = async () => ((await hasModelCard(instance, modelId)) ? '' : undefined)
      await run.step({ kind: 'card', name: modelId, planned: '', sharing: 'by-key', find }, () =>
        setUpModelCard(instance, modelId, request.schemaId),
      )
    } catch (error) {
      if (isNew) warn(`The model ${modelId} was created and is in ${settings.envFile}, but it has no card.`)
      throw error
    }
  }
  return { modelId, isNew }
}

/** The name of a model that is made, by which a later attempt of the same run would find it. */
export function newModelName(run: Run, { name }: Pick<ModelRequest, 'name'>): string {
  return `${name} ${run.id}`
}

async function create(
  { run, warn }: ExperimentContext,
  instance: Instance,
  settings: Settings,
  request: ModelRequest,
): Promise<string> {
  const name = newModelName(run, request)
  const modelId = await run.step(
    {
      kind: 'model',
      name: request.name,
      planned: 'new-model',
      sharing: 'by-key',
      // The id of the run is in the name, so that no other model has it.
      find: async () => {
        const models = await searchModels(instance, { search: name, titleOnly: true })
        return models.find((model) => model.name === name)?.id
      },
      created: (id) => ({ type: 'model', origin: instance.origin, modelId: id, name, envKey: request.envKey }),
    },
    async () => (await createModel(instance, name, request.description)).id,
  )
  if (run.isDryRun) return modelId
  try {
    await settings.writeBack(request.envKey, modelId)
  } catch (error) {
    warn(`The model ${modelId} was created, but ${request.envKey} could not be written to ${settings.envFile}.`)
    throw error
  }
  return modelId
}

import { getLatestCard, putCard } from '../../api/cards.js'
import type { Instance } from '../../api/instance.js'
import { createModel, hasModelCard, setUpModelCard } from '../../api/models.js'
import { searchModels } from '../../api/search-models.js'
import type { Settings } from '../../config/settings.js'
import { saysTheSame, type Metadata } from '../../content/schema-values/index.js'
import type { Run } from '../../run/run.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import { countOwned } from '../count-owned.js'
import { forEachInRun } from '../for-each.js'
import type { ExperimentResult } from '../result.js'
import { withInstance } from '../with-instance.js'
import { decidePlaces, type CardTags, type TagPlaces, type TagsIn } from './card-tags.js'
import { hasTag, MadeModels, type MadeModel } from './made-models.js'
import { checkPlan, DESCRIPTION, planModels, stepNameOf, type ModelsPlan, type PlannedModel } from './plan.js'
import { describeWrongSearches, searchTags, type TagSearch } from './search-tags.js'
import { compareStored } from './stored-tags.js'
import { checkTags } from './tags.js'

export interface ManyModelsOptions {
  readonly settings: Settings
  readonly count: number
  readonly prefix: string
  readonly tags: readonly string[]
  readonly tagsIn: TagsIn
  /** Of the cards; default: the instance's usual one. */
  readonly schemaId?: string | undefined
  readonly seed: string
  readonly keepGoing: boolean
}

/** What `many-models-with-tags --json` prints. */
export interface ManyModelsResult extends ExperimentResult {
  readonly experiment: 'many-models-with-tags'
  /** How many models have each tag: in the plan, and of those that were made. */
  readonly tags: readonly { readonly tag: string; readonly planned: number; readonly created: number }[]
  readonly tagsIn: {
    readonly isOnModel: boolean
    /** The schema of the cards that have the tags; absent when they are not in cards. */
    readonly cardSchemaId?: string
    /** Why they are not in cards, where that was looked at. */
    readonly notInCards?: string
  }
  readonly models: readonly MadeModel[]
  /** Empty in a dry run, and when the run was stopped. */
  readonly searches: readonly TagSearch[]
}

/**
 * Makes many models whose tags are drawn from a list, each letter of them in upper or lower case at random, and searches
 * each tag in lower, upper and mixed case. One request per model, or three where tags go into cards.
 *
 * @throws UsageError for a wrong input; ResponseError and ConnectionError when the instance cannot be read
 */
export async function manyModelsWithTags(
  context: ExperimentContext,
  options: ManyModelsOptions,
): Promise<ManyModelsResult> {
  const { run, version } = context
  const { count, prefix, seed } = options
  const plan: ModelsPlan = { count, prefix, seed, tags: checkTags(options.tags) }
  checkPlan(plan, run.id)
  return withInstance(context, options.settings, async (instance) => {
    const places = await decidePlaces(instance, { ...options, tags: plan.tags })
    const ownCount = countOwned(run, count, (number) => stepNameOf(plan, number))
    run.expect({ steps: ownCount * (places.card === undefined ? 1 : 3), bytes: 0 })
    const made = new MadeModels()
    await forEachInRun(run, planModels(plan, run), options, (planned) =>
      makeModel(run, instance, planned, { places, seed, made }),
    )
    const models = run.isDryRun ? [] : made.list()
    const result = {
      experiment: 'many-models-with-tags' as const,
      version,
      seed,
      target: { url: instance.origin, modelId: '', isNew: false },
      tags: countTags(run, plan, models),
      tagsIn: {
        isOnModel: places.isOnModel,
        ...(places.card && { cardSchemaId: places.card.schemaId }),
        ...(places.notInCards && { notInCards: places.notInCards }),
      },
      models,
    }
    let searches: readonly TagSearch[] = []
    const findings = await checkAtEnd(run, async () => {
      const stored = await compareStored(instance, run.id, models)
      searches = await searchTags(instance, plan.tags, models, run.concurrency)
      return [...stored, ...describeWrongSearches(searches)]
    })
    return { ...result, searches, findings, run: run.report() }
  })
}

async function makeModel(
  run: Run,
  instance: Instance,
  planned: PlannedModel,
  { places, seed, made }: { places: TagPlaces; seed: string; made: MadeModels },
): Promise<void> {
  const { stepName, name, tags } = planned
  const { origin } = instance
  const modelId = await run.step(
    {
      kind: 'model',
      name: stepName,
      planned: 'new-model',
      find: () => findModel(instance, run.id, planned),
      created: (id) => ({ type: 'model', origin, modelId: id, name }),
    },
    async () => (await createModel(instance, name, DESCRIPTION, places.isOnModel ? { tags } : {})).id,
  )
  made.noteModel(planned, modelId, places.isOnModel)
  if (places.card === undefined) return
  await makeCard(run, instance, { modelId, stepName, tags, seed }, places.card)
  made.noteCard(planned)
}

async function makeCard(
  run: Run,
  instance: Instance,
  { modelId, stepName, tags, seed }: { modelId: string; stepName: string; tags: readonly string[]; seed: string },
  cardTags: CardTags,
): Promise<void> {
  const { schemaId } = cardTags
  await run.step(
    {
      kind: 'card',
      name: stepName,
      planned: schemaId,
      find: async () => ((await hasModelCard(instance, modelId)) ? schemaId : undefined),
    },
    () => setUpModelCard(instance, modelId, schemaId),
  )
  const makeMetadata = (): Metadata => cardTags.makeCard(tags, `${seed} ${stepName}`)
  const find = async (): Promise<number | undefined> => {
    const latest = await getLatestCard(instance, modelId)
    return latest !== undefined && saysTheSame(latest.metadata, makeMetadata()) ? latest.version : undefined
  }
  // The card is made within the step, so that one which the schema refuses counts as a failure of this model.
  await run.step({ kind: 'card-tags', name: stepName, planned: 0, find }, () =>
    putCard(instance, modelId, makeMetadata()),
  )
}

/** The model of this run that has a name; searched by the end of the name, because a whole one may be too long. */
async function findModel(instance: Instance, runId: string, { name }: PlannedModel): Promise<string | undefined> {
  const search = name.slice(name.lastIndexOf(runId))
  return (await searchModels(instance, { search, titleOnly: true })).find((model) => model.name === name)?.id
}

function countTags(run: Run, plan: ModelsPlan, models: readonly MadeModel[]): ManyModelsResult['tags'] {
  const planned = new Map<string, number>()
  for (const { tags } of planModels(plan, run)) {
    for (const tag of tags) planned.set(tag.toLowerCase(), (planned.get(tag.toLowerCase()) ?? 0) + 1)
  }
  return plan.tags.map((tag) => ({
    tag,
    planned: planned.get(tag) ?? 0,
    created: models.filter((model) => hasTag(model, tag)).length,
  }))
}

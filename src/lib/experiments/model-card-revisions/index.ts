import { getLatestCard, listCardRevisions, putCard } from '../../api/cards.js'
import type { SchemaEntry } from '../../api/answers.js'
import type { Instance } from '../../api/instance.js'
import { getModel } from '../../api/models.js'
import { chooseSchema, getSchema } from '../../api/schemas.js'
import type { Settings } from '../../config/settings.js'
import { saysTheSame, type FieldKind } from '../../content/schema-values/index.js'
import { UsageError } from '../../errors.js'
import type { FindContext, Run } from '../../run/run.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import { findModelId, getOrCreateModel } from '../get-or-create-model.js'
import type { ExperimentResult } from '../result.js'
import { withInstance } from '../with-instance.js'
import { planCards, type CardPlan } from './card-plan.js'
import { checkRevisions } from './check.js'
import { forEachPaced } from './pace.js'
import { VersionRaces } from './races.js'

export interface CardRevisionsOptions {
  readonly settings: Settings
  /** By flag; otherwise MODEL_CARD_REVISION_MODEL_ID; otherwise the model is created. */
  readonly modelId?: string | undefined
  readonly count: number
  readonly intervalMs: number
  readonly seed: string
  readonly keepGoing: boolean
}

/** What `model-card-revisions --json` prints. */
export interface CardRevisionsResult extends ExperimentResult {
  readonly experiment: 'model-card-revisions'
  readonly schemaId: string
  /** How many parts of each kind the schema has; all of them are set in every revision. */
  readonly fields: Readonly<Record<FieldKind, number>>
  /** Parts of the schema for which no values can be made, with the reason. */
  readonly leftOut: readonly string[]
  readonly planned: { readonly revisions: number; readonly intervalMs: number }
  /** The version that each revision became, in the order of the revisions. */
  readonly revisions: readonly { readonly revision: number; readonly version: number }[]
  /** How often a revision was refused because another was saved at the same time; each was sent again. */
  readonly racesLost: number
  /** Absent in a dry run, and when the run was stopped. */
  readonly check?: { readonly latestVersion: number; readonly identical: number }
}

const REQUEST = {
  envKey: 'MODEL_CARD_REVISION_MODEL_ID',
  name: 'Model card revisions',
  description: 'A model whose card bailo-exp model-card-revisions changes again and again.',
}

/**
 * Sets every part of a model's card to random values that fit its JSON schema, again and again. With more than one revision
 * at a time they race for the next version: those that lose are counted and sent again.
 *
 * @throws UsageError for a model or a schema that does not do; ResponseError and ConnectionError when reading fails
 */
export async function modelCardRevisions(
  context: ExperimentContext,
  options: CardRevisionsOptions,
): Promise<CardRevisionsResult> {
  return withInstance(context, options.settings, async (instance) => {
    const { run, version } = context
    const { settings, seed, count, intervalMs } = options
    const request = { ...REQUEST, modelId: options.modelId }
    const start = await readStart(instance, findModelId(settings, request))
    const plan = planCards(start.schema, seed)
    const model = await getOrCreateModel(context, instance, settings, {
      ...request,
      schemaId: plan.schemaId,
      hasCard: start.version > 0,
    })
    const before = Math.max(1, start.version)
    run.expect({ steps: count, bytes: 0 })
    const { made, racesLost } = await saveRevisions(
      context,
      instance,
      { modelId: model.modelId, plan, before },
      options,
    )
    const result = {
      experiment: 'model-card-revisions' as const,
      version,
      seed,
      target: { url: instance.origin, ...model },
      schemaId: plan.schemaId,
      fields: plan.values.counts,
      leftOut: plan.values.leftOut,
      planned: { revisions: count, intervalMs },
      revisions: [...made].toSorted(([a], [b]) => a - b).map(([revision, saved]) => ({ revision, version: saved })),
      racesLost,
    }
    let check: CardRevisionsResult['check']
    const findings = await checkAtEnd(run, async () => {
      const { findings: differences, ...figures } = await checkRevisions(instance, model.modelId, plan, {
        made,
        before,
        isAlone: run.isAlone,
      })
      check = figures
      return differences
    })
    return { ...result, ...(check && { check }), findings, run: run.report() }
  })
}

/** The schema that cards are made for, and the version that is there; 0 where there is no card yet. */
async function readStart(
  instance: Instance,
  modelId: string | undefined,
): Promise<{ schema: SchemaEntry; version: number }> {
  if (modelId === undefined) return { schema: await chooseSchema(instance, 'model'), version: 0 }
  const { kind } = await getModel(instance, modelId)
  if (kind.startsWith('mirrored-')) {
    throw new UsageError(
      `${modelId} is a ${kind}: its card reaches it only by mirroring, and cannot be changed here.`,
      ['choose another model with --model'],
    )
  }
  const card = await getLatestCard(instance, modelId)
  if (card !== undefined) return { schema: await getSchema(instance, card.schemaId), version: card.version }
  return { schema: await chooseSchema(instance, kind === 'data-card' ? 'dataCard' : 'model'), version: 0 }
}

/** What the revisions are made of, and the version that was there before them. */
interface RevisionsWork {
  readonly modelId: string
  readonly plan: CardPlan
  readonly before: number
}

async function saveRevisions(
  { run }: ExperimentContext,
  instance: Instance,
  work: RevisionsWork,
  { count, intervalMs, keepGoing }: CardRevisionsOptions,
): Promise<{ made: ReadonlyMap<number, number>; racesLost: number }> {
  const races = new VersionRaces(run.isAlone)
  const made = new Map<number, number>()
  const pace = { count, keepGoing, intervalMs: run.isDryRun ? 0 : intervalMs }
  await forEachPaced(run, pace, async (index, onStart) => {
    if (!run.owns(`revision ${index}`)) return
    made.set(index, await saveRevision(run, instance, work, { index, races, onStart }))
  })
  return { made: run.isDryRun ? new Map() : made, racesLost: races.lost }
}

async function saveRevision(
  run: Run,
  instance: Instance,
  { modelId, plan, before }: RevisionsWork,
  { index, races, onStart }: { index: number; races: VersionRaces; onStart: () => void },
): Promise<number> {
  const find = async ({ notes }: FindContext): Promise<number | undefined> => {
    // Another run with the same seed has made the same cards: versions from before this one are not meant.
    const since = notes.find((note) => typeof note === 'number') ?? before
    const revisions = await listCardRevisions(instance, modelId)
    return revisions.find(({ version, metadata }) => version > since && saysTheSame(metadata, plan.makeCard(index)))
      ?.version
  }
  return run.step({ kind: 'revision', name: String(index), planned: 0, find }, async ({ signal, notes, note }) => {
    onStart()
    if (notes.length === 0) await note(before)
    const card = plan.makeCard(index)
    return races.enter(() => putCard(instance, modelId, card), { signal, onLost: () => run.noteRetry() })
  })
}

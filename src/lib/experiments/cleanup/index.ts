import pLimit from 'p-limit'
import type { Instance } from '../../api/instance.js'
import { removeFile, removeImage, removeModel, removeRelease } from '../../api/removals.js'
import type { Settings } from '../../config/settings.js'
import { ExpectedError, UsageError } from '../../errors.js'
import { createdKey, describeCreated, type Created } from '../../run/created.js'
import type { Journal } from '../../run/journal/journal.js'
import type { Run, RunReport } from '../../run/run.js'
import type { ExperimentContext } from '../context.js'
import type { Confirmation, Finding } from '../result.js'
import { withInstance } from '../with-instance.js'
import { groupByModel } from './group-by-model.js'
import { planRemovals, type Removal } from './plan-removals.js'
import { imageKey, readModelState } from './read-model-state.js'

export interface CleanupOptions {
  /** The journal of the run whose things are removed. */
  readonly journal: Journal
  readonly settings: Settings
  /** Asked once it is known what would be removed, unless it is nothing; false ends without removing anything. */
  readonly confirm: (plan: CleanupPlan) => Promise<boolean>
}

/** What is to become of what a run has made, the newest first. */
export interface CleanupPlan {
  readonly removed: readonly string[]
  readonly gone: readonly string[]
  readonly kept: readonly { readonly what: string; readonly reason: string }[]
}

/** What `cleanup --json` prints. */
export interface CleanupResult {
  /** The run whose things these are. */
  readonly runId: string
  readonly command: string
  readonly url: string
  readonly confirmation: Confirmation
  /** What was removed, or in a dry run would be; the newest first. */
  readonly removed: readonly string[]
  /** What was removed before. */
  readonly gone: readonly string[]
  readonly kept: readonly { readonly what: string; readonly reason: string }[]
  /** Versions that Bailo will never take again in the models that they were in. */
  readonly spentVersions: readonly { readonly modelId: string; readonly semvers: readonly string[] }[]
  /** Keys of the dotenv file that named a model which is no longer there, and are empty now. */
  readonly clearedKeys: readonly { readonly file: string; readonly key: string; readonly modelId: string }[]
  /** Keys that still do, because they are in the environment or the file cannot be written. */
  readonly staleKeys: readonly { readonly key: string; readonly modelId: string }[]
  readonly run: RunReport
  /** What is kept, and what is still there although it should be gone. */
  readonly findings: readonly Finding[]
}

/**
 * Removes from an instance what a run has made, as its journal says, and nothing else. What was changed since, or is used
 * by something that stays, is kept. What is gone is noted in the journal, so that a second cleanup has nothing to do.
 *
 * @throws UsageError when the settings name another instance than the run was on; ResponseError and ConnectionError
 */
export async function cleanUp(context: ExperimentContext, options: CleanupOptions): Promise<CleanupResult> {
  const { journal, settings } = options
  const created = journal.earlier?.created ?? []
  const stranger = created.find(({ origin }) => origin !== settings.origin)
  if (stranger !== undefined) {
    throw new UsageError(
      `The run ${journal.header.id} made things at ${stranger.origin}, and the settings name ${settings.origin}.`,
      [`set URL to ${stranger.origin}, or name the dotenv file of that instance with --env-file`],
    )
  }
  return withInstance(context, settings, (instance) => cleanUpAt(context.run, instance, created, options))
}

async function cleanUpAt(
  run: Run,
  instance: Instance,
  created: readonly Created[],
  { journal, settings, confirm }: CleanupOptions,
): Promise<CleanupResult> {
  const byModel = groupByModel(created)
  const removals = await planAll(run, instance, byModel)
  const plan = toPlan(removals)
  const confirmation =
    run.isDryRun || plan.removed.length === 0 ? 'not-asked' : (await confirm(plan)) ? 'given' : 'refused'
  const isRefused = confirmation === 'refused'
  const removed = !isRefused && !run.isDryRun ? await removeAll(run, instance, journal, removals) : []
  const isAllRead = run.isDryRun || isRefused || run.stopReason !== undefined
  const remaining = isAllRead ? [] : await findRemaining(run, instance, byModel, removed)
  const removedModels = new Set(removed.flatMap((one) => (one.type === 'model' ? [one.modelId] : [])))
  return {
    runId: journal.header.id,
    command: journal.header.command,
    url: instance.origin,
    confirmation,
    ...plan,
    removed: run.isDryRun ? plan.removed : removed.map(describeCreated),
    spentVersions: listSpentVersions(removed, removedModels),
    ...(await clearKeys(settings, removed)),
    run: run.report(),
    findings: [
      ...plan.kept.map(({ what, reason }) => ({ subject: what, message: `is kept: it ${reason}` })),
      ...remaining.map((one) => ({ subject: describeCreated(one), message: 'is still there although it was removed' })),
    ],
  }
}

/** Empties the keys that name a model which has been removed, so that the next run makes another one. */
async function clearKeys(
  settings: Settings,
  removed: readonly Created[],
): Promise<Pick<CleanupResult, 'clearedKeys' | 'staleKeys'>> {
  const clearedKeys: CleanupResult['clearedKeys'][number][] = []
  const staleKeys: CleanupResult['staleKeys'][number][] = []
  for (const one of removed) {
    if (one.type !== 'model' || one.envKey === undefined) continue
    const { envKey: key, modelId } = one
    if (await settings.takeBack(key, modelId).catch(() => false)) {
      clearedKeys.push({ file: settings.envFile, key, modelId })
    } else if (settings.lookUp(key) === modelId) {
      staleKeys.push({ key, modelId })
    }
  }
  return { clearedKeys, staleKeys }
}

async function planAll(
  run: Run,
  instance: Instance,
  byModel: ReadonlyMap<string, readonly Created[]>,
): Promise<Removal[]> {
  const limit = pLimit(run.concurrency)
  const plans = [...byModel].map(([modelId, created]) =>
    limit(async () => planRemovals(created, await readModelState(instance, modelId, created))),
  )
  return (await Promise.all(plans)).toReversed().flat()
}

function toPlan(removals: readonly Removal[]): CleanupPlan {
  const pick = (...verdicts: Removal['verdict'][]): string[] =>
    removals.filter(({ verdict }) => verdicts.includes(verdict)).map(({ created }) => describeCreated(created))
  return {
    removed: pick('remove', 'with-model'),
    gone: pick('gone'),
    kept: removals.flatMap((one) =>
      one.verdict === 'keep' ? [{ what: describeCreated(one.created), reason: one.reason }] : [],
    ),
  }
}

/** Releases go before the files and images that they hold, and these before their model. */
const PHASES: readonly (readonly Created['type'][])[] = [['release'], ['file', 'image'], ['model']]

/** Removes what is to be removed, and notes it. Returns what is gone by that, the newest first. */
async function removeAll(
  run: Run,
  instance: Instance,
  journal: Journal,
  removals: readonly Removal[],
): Promise<Created[]> {
  for (const { created, verdict } of removals) if (verdict === 'gone') await journal.remove(created)
  const toRemove = removals.filter(({ verdict }) => verdict === 'remove').map(({ created }) => created)
  run.expect({ steps: toRemove.length, bytes: 0 })
  const removed = new Set<string>()
  for (const types of PHASES) {
    const steps = toRemove.filter(({ type }) => types.includes(type))
    const outcomes = await Promise.allSettled(steps.map((created) => remove(run, instance, created)))
    for (const [index, outcome] of outcomes.entries()) {
      const created = steps[index]
      if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
      if (outcome.status === 'rejected' || created === undefined) continue
      const gone = created.type === 'model' ? withContent(created, removals) : [created]
      for (const one of gone) {
        await journal.remove(one)
        removed.add(createdKey(one))
      }
    }
  }
  return removals.map(({ created }) => created).filter((created) => removed.has(createdKey(created)))
}

function withContent(model: Created, removals: readonly Removal[]): Created[] {
  const content = removals.filter(
    ({ created, verdict }) => verdict === 'with-model' && created.modelId === model.modelId,
  )
  return [...content.map(({ created }) => created), model]
}

async function remove(run: Run, instance: Instance, created: Created): Promise<void> {
  await run.step<true>(
    {
      kind: 'removal',
      name: describeCreated(created),
      planned: true,
      // Gone is what it should be, whoever did it.
      find: async () => ((await isThere(instance, created)) ? undefined : true),
    },
    async () => {
      await requestRemoval(instance, created)
      return true
    },
  )
}

async function requestRemoval(instance: Instance, created: Created): Promise<void> {
  const { modelId } = created
  switch (created.type) {
    case 'model':
      await removeModel(instance, modelId)
      break
    case 'release':
      await removeRelease(instance, modelId, created.semver)
      break
    case 'file':
      await removeFile(instance, modelId, created.fileId)
      break
    case 'image':
      await removeImage(instance, modelId, created.name, created.tag)
      break
  }
}

async function isThere(instance: Instance, created: Created): Promise<boolean> {
  const state = await readModelState(instance, created.modelId, [])
  if (state === undefined) return false
  switch (created.type) {
    case 'model':
      return true
    case 'release':
      return state.releases.some(({ semver }) => semver === created.semver)
    case 'file':
      return state.files.some(({ _id }) => _id === created.fileId)
    case 'image':
      return state.images.has(imageKey(created))
  }
}

/** What is still there of that which was removed. */
async function findRemaining(
  run: Run,
  instance: Instance,
  byModel: ReadonlyMap<string, readonly Created[]>,
  removed: readonly Created[],
): Promise<Created[]> {
  const limit = pLimit(run.concurrency)
  const remaining = [...groupByModel(removed)].map(([modelId, own]) =>
    limit(async () => {
      const removals = planRemovals(own, await readModelState(instance, modelId, byModel.get(modelId) ?? []))
      return removals.filter(({ verdict }) => verdict !== 'gone').map(({ created }) => created)
    }),
  )
  return (await Promise.all(remaining)).flat()
}

function listSpentVersions(
  removed: readonly Created[],
  removedModels: ReadonlySet<string>,
): CleanupResult['spentVersions'] {
  const spent = removed.filter((one) => one.type === 'release').filter(({ modelId }) => !removedModels.has(modelId))
  return [...groupByModel(spent)].map(([modelId, releases]) => ({
    modelId,
    semvers: releases.map(({ semver }) => semver),
  }))
}

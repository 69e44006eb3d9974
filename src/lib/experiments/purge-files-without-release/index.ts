import { getCaller } from '../../api/caller.js'
import { deleteFile } from '../../api/delete-file.js'
import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import type { Settings } from '../../config/settings.js'
import { ExitCode, ExpectedError, UsageError } from '../../errors.js'
import { InterruptedError } from '../../run/run.js'
import type { ExperimentContext } from '../context.js'
import { checkAtEnd } from '../check-at-end.js'
import { forEachInRun } from '../for-each.js'
import { findModelId } from '../get-or-create-model.js'
import type { Confirmation, ExperimentResult, Finding } from '../result.js'
import { withInstance } from '../with-instance.js'
import { collectReleasedIds, findOrphans, type Orphan, type OrphanState, type PurgeFilter } from './orphans.js'
import { ReleaseWatch } from './release-watch.js'

export interface PurgeOptions extends PurgeFilter {
  readonly settings: Settings
  /** By flag; wins over the dotenv key. */
  readonly modelId?: string | undefined
  /** The model's id once more, as a script gives it to have files deleted. */
  readonly confirm?: string | undefined
  /** Shows a person what would be deleted, and asks; absent where there is nobody to ask. */
  readonly ask?: ((modelId: string, orphans: readonly Orphan[]) => Promise<boolean>) | undefined
  readonly seed: string
  readonly keepGoing: boolean
}

/** What `purge-files-without-release --json` prints. */
export interface PurgeFilesWithoutReleaseResult extends ExperimentResult {
  readonly experiment: 'purge-files-without-release'
  /** All files of the model, and how many of them are in a release; before anything was deleted. */
  readonly filesInModel: number
  readonly filesInReleases: number
  readonly confirmation: Confirmation
  /** The files in no release, the longest unchanged first. */
  readonly orphans: readonly Orphan[]
}

const ENV_KEY = 'PURGE_ORPHANED_FILES_MODEL_ID'

/**
 * Lists the files of a model that are in no release, and deletes them when that is confirmed. Drafts are releases. The
 * releases are read again while files are deleted, so that a file which got into one meanwhile survives.
 *
 * @throws UsageError when no model is named, or another one is confirmed; ExpectedError when the token does not show what
 *   is in releases; ResponseError and ConnectionError when reading fails
 */
export async function purgeFilesWithoutRelease(
  context: ExperimentContext,
  options: PurgeOptions,
): Promise<PurgeFilesWithoutReleaseResult> {
  const modelId = findModelId(options.settings, { modelId: options.modelId, envKey: ENV_KEY })
  if (modelId === undefined) {
    throw new UsageError('No model is named, and one without files is not worth making.', [
      `name it with --model, or set ${ENV_KEY} in ${options.settings.envFile} or in the environment`,
    ])
  }
  if (options.confirm !== undefined && options.confirm !== modelId) {
    throw new UsageError(`--confirm ${options.confirm} is not the model to purge, which is ${modelId}.`, [
      'repeat exactly the id of the model whose files are to be deleted',
    ])
  }
  return withInstance(context, options.settings, (instance) => purge(context, options, instance, modelId))
}

async function purge(
  context: ExperimentContext,
  options: PurgeOptions,
  instance: Instance,
  modelId: string,
): Promise<PurgeFilesWithoutReleaseResult> {
  const { run } = context
  run.useModel(instance.origin, modelId)
  // Files first: what is uploaded and released between the two readings is not seen, instead of seen as unused.
  const files = await listFiles(instance, modelId)
  const releasedIds = collectReleasedIds(await listReleases(instance, modelId))
  await requireSight(instance, options.settings, { files: files.length, released: releasedIds.size })
  const orphans = findOrphans(files, releasedIds, options, Date.now())
  const purgeable = orphans.filter(({ state }) => state === 'listed')
  const confirmation = await confirm(context, options, modelId, purgeable)

  let outcomes: ReadonlyMap<string, OrphanState> = new Map()
  let findings: readonly Finding[] = []
  if (run.isDryRun || confirmation === 'given') {
    run.expect({ steps: purgeable.length, bytes: 0 })
    outcomes = await deleteOrphans(context, options, instance, modelId, purgeable)
    findings = await checkAtEnd(run, () => verify(instance, modelId, orphans, outcomes))
  } else if (confirmation === 'refused' && run.stopReason === undefined) {
    findings = [{ subject: 'the deletion', message: 'was not confirmed' }]
  }
  return {
    experiment: 'purge-files-without-release',
    version: context.version,
    seed: options.seed,
    target: { url: instance.origin, modelId, isNew: false },
    filesInModel: files.length,
    filesInReleases: files.length - orphans.length,
    confirmation,
    orphans: orphans.map((orphan) => ({ ...orphan, state: outcomes.get(orphan.id) ?? orphan.state })),
    run: run.report(),
    findings,
  }
}

/**
 * Bailo shows a token that may not read releases none instead of refusing it, and then every file would look unused; one
 * that may not read files is shown none, and then all would look well (from Bailo's source).
 */
async function requireSight(
  instance: Instance,
  { credentials }: Settings,
  seen: { files: number; released: number },
): Promise<void> {
  // A development instance takes a caller without keys for a user, who may read all.
  if (credentials === undefined || (seen.files > 0 && seen.released > 0)) return
  const { token } = await getCaller(instance, credentials)
  const [action, what] = seen.files === 0 ? ['file:read', 'file'] : ['release:read', 'release with files']
  if (token?.actions.includes(action)) return
  const why =
    token === undefined ? 'it does not say what the token allows' : `the token is missing the action ${action}`
  throw new ExpectedError(`The instance shows no ${what} of this model, and ${why}.`, {
    exitCode: ExitCode.Unreachable,
    tryNext: ['use a token with the actions file:read, file:write, release:read and release:write'],
  })
}

async function confirm(
  { run, warn }: ExperimentContext,
  { confirm: confirmedId, ask }: PurgeOptions,
  modelId: string,
  purgeable: readonly Orphan[],
): Promise<Confirmation> {
  if (run.isDryRun || purgeable.length === 0) return 'not-asked'
  if (confirmedId !== undefined) return 'given'
  if (ask !== undefined) return (await ask(modelId, purgeable)) ? 'given' : 'refused'
  warn(`Nothing was deleted; --confirm ${modelId} deletes what is listed for it.`)
  return 'not-asked'
}

/** @returns what became of each file, by its id */
async function deleteOrphans(
  { run }: ExperimentContext,
  options: PurgeOptions,
  instance: Instance,
  modelId: string,
  orphans: readonly Orphan[],
): Promise<Map<string, OrphanState>> {
  const watch = new ReleaseWatch(async () => collectReleasedIds(await listReleases(instance, modelId)))
  const outcomes = new Map<string, OrphanState>(orphans.map(({ id }) => [id, run.isDryRun ? 'listed' : 'not-tried']))
  await forEachInRun(run, orphans, options, async ({ id, name }) => {
    const step = run.step<OrphanState>(
      {
        kind: 'delete',
        name: `${id} ${name}`,
        planned: 'listed',
        // What was done to it before has not removed it: it was listed.
        verify: () => Promise.resolve(false),
        find: async () => {
          const files = await listFiles(instance, modelId)
          return files.some(({ _id }) => _id === id) ? undefined : 'gone'
        },
      },
      async () => {
        if (await watch.isInRelease(id)) return 'in-a-release'
        return (await deleteFile(instance, modelId, id)) ? 'deleted' : 'gone'
      },
    )
    try {
      outcomes.set(id, await step)
    } catch (error) {
      if (!(error instanceof InterruptedError)) outcomes.set(id, 'failed')
      throw error
    }
  })
  return outcomes
}

/** Reads the files again: none that was deleted may be there. */
async function verify(
  instance: Instance,
  modelId: string,
  orphans: readonly Orphan[],
  outcomes: ReadonlyMap<string, OrphanState>,
): Promise<Finding[]> {
  const present = new Set((await listFiles(instance, modelId)).map(({ _id }) => _id))
  return orphans.flatMap(({ id, name }): Finding[] => {
    const outcome = outcomes.get(id)
    const isDeleted = outcome === 'deleted' || outcome === 'gone'
    if (!isDeleted || !present.has(id)) return []
    return [{ subject: `file ${id} ${name}`, message: 'was deleted and is still there', tryNext: 'run again' }]
  })
}

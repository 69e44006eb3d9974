import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import { listScanners, type Scanner } from '../../api/scanning.js'
import { UsageError } from '../../errors.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import { findModelId, getOrCreateModel } from '../get-or-create-model.js'
import { ReleaseMaker } from '../make-releases.js'
import { requireFillableModel } from '../require-model-kind.js'
import { requirePause } from '../poll.js'
import { withInstance } from '../with-instance.js'
import { followScans } from './follow-scans.js'
import type { ScannersOptions } from './options.js'
import { countBytes, countFiles, planUploads, type UploadPlan } from './plan.js'
import { summarise, type Outcome, type ScannersResult } from './result.js'
import { scanAgain } from './scan-again.js'
import { ScanWatch } from './scan-watch.js'
import { uploadReleases } from './upload.js'
import { verifyReleases } from './verify-releases.js'

const ENV_KEY = 'SCANNERS_MODEL_ID'

/**
 * Uploads local files, a release for each path, or has the model's files scanned again, and follows the scanners until each
 * has come to an end with each file, or the time is up.
 *
 * @throws UsageError for paths that cannot be used, and when there is nothing to scan; ResponseError and ConnectionError
 *   when reading the instance fails
 */
export async function scanners(context: ExperimentContext, options: ScannersOptions): Promise<ScannersResult> {
  const plan = await prepare(options)
  return withInstance(context, options.settings, async (instance) => {
    const fileScanners = await findScanners(context, options, instance)
    const watch = new ScanWatch(fileScanners.map(({ toolName }) => toolName))
    const outcome =
      plan === undefined
        ? await rescan(context, options, instance, watch, fileScanners)
        : await upload(context, options, instance, watch, plan)
    return summarise(context, options, fileScanners, watch, { ...outcome, ...(plan && { plan }) })
  })
}

/** Reads the disk before the instance is asked anything. */
async function prepare(options: ScannersOptions): Promise<UploadPlan | undefined> {
  const { paths, isRescan, perSubdirectory, settings, intervalMs } = options
  requirePause(intervalMs, 'the files')
  if (!isRescan) {
    if (paths.length > 0) return planUploads(paths, { perSubdirectory })
    throw new UsageError('No path is named, so there is nothing to upload.', [
      'name files or directories, or use --rescan to have the files of the model scanned again',
    ])
  }
  if (paths.length > 0 || perSubdirectory) {
    throw new UsageError('--rescan is for the files that the model has; it takes no paths and no --per-subdirectory.', [
      'upload first, then scan again',
    ])
  }
  if (findModel(options) !== undefined) return undefined
  throw new UsageError('No model is named whose files could be scanned again.', [
    `name it with --model, or set ${ENV_KEY} in ${settings.envFile} or in the environment`,
  ])
}

function findModel({ settings, modelId }: ScannersOptions): string | undefined {
  return findModelId(settings, { modelId, envKey: ENV_KEY })
}

/** The scanners of files, asked for before anything is uploaded: an instance that has none says so at once. */
async function findScanners(
  { warn }: ExperimentContext,
  { waitMs, isRescan }: ScannersOptions,
  instance: Instance,
): Promise<readonly Scanner[]> {
  if (waitMs === undefined && !isRescan) return []
  const all = await listScanners(instance)
  const ofFiles = all.filter(({ artefactKind }) => artefactKind === 'file')
  if (ofFiles.length === 0) {
    const others = all.length === 0 ? '' : `, only of images (${all.length})`
    warn(`The instance at ${instance.origin} has no scanner of files${others}: nothing is scanned or waited for.`)
  }
  return ofFiles
}

async function upload(
  context: ExperimentContext,
  options: ScannersOptions,
  instance: Instance,
  watch: ScanWatch,
  plan: UploadPlan,
): Promise<Outcome> {
  const { run, warn } = context
  sayWhatIsDifferent(context, plan)
  const existingId = findModel(options)
  if (existingId !== undefined) await requireFillableModel(instance, existingId)
  const listed = existingId === undefined ? [] : await listReleases(instance, existingId)
  const model = await getOrCreateModel(context, instance, options.settings, {
    modelId: options.modelId,
    envKey: ENV_KEY,
    name: 'Scanners',
    description: 'Local files that bailo-exp scanners has uploaded to be scanned.',
  })
  const { modelId } = model
  const maker = new ReleaseMaker(run, instance, { modelId, listed, bump: 'minor' })
  run.expect({ steps: countFiles(plan) + plan.releases.length, bytes: countBytes(plan) })
  try {
    const uploading = uploadReleases(run, instance, plan.releases, maker, {
      modelId,
      keepGoing: options.keepGoing,
      onUploaded: ({ id, name, sizeBytes, shownPath }, answeredMs) =>
        watch.add({ id, name, sizeBytes, path: shownPath }, answeredMs),
    })
    const following = follow(context, options, instance, watch, { modelId, arrival: uploading })
    const releases = await uploading
    const followed = await following
    const findings = await checkAtEnd(run, () => verifyReleases(instance, modelId, releases))
    return { target: { url: instance.origin, ...model }, releases, findings, following: followed }
  } catch (error) {
    warn(`What was uploaded until then is in ${modelId} at ${instance.origin}.`)
    throw error
  }
}

async function rescan(
  context: ExperimentContext,
  options: ScannersOptions,
  instance: Instance,
  watch: ScanWatch,
  fileScanners: readonly Scanner[],
): Promise<Outcome> {
  const modelId = findModel(options) ?? ''
  const target = { url: instance.origin, modelId, isNew: false }
  if (fileScanners.length === 0) return { target, releases: [], findings: [], following: undefined }
  const { arrival } = await scanAgain(context, instance, watch, { modelId, keepGoing: options.keepGoing })
  const following = await follow(context, options, instance, watch, { modelId, arrival })
  await arrival
  return { target, releases: [], findings: [], following }
}

/** Follows the scans where there are any, and that was asked for. */
async function follow(
  context: ExperimentContext,
  { intervalMs, waitMs }: ScannersOptions,
  instance: Instance,
  watch: ScanWatch,
  { modelId, arrival }: { readonly modelId: string; readonly arrival: Promise<unknown> },
): Promise<Outcome['following']> {
  if (waitMs === undefined || watch.scannerCount === 0 || context.run.isDryRun) return undefined
  return followScans(context, instance, watch, arrival, { modelId, intervalMs, limitMs: waitMs })
}

/** Said before anything is made; the result has the whole lists. */
function sayWhatIsDifferent({ warn }: ExperimentContext, { skipped, renamed }: UploadPlan): void {
  const more = (list: readonly unknown[]): string => (list.length > 1 ? `, and ${list.length - 1} more` : '')
  const [left] = skipped
  if (left !== undefined) warn(`Left out: ${left.shownPath} ${left.message}${more(skipped)}.`)
  const [other] = renamed
  if (other === undefined) return
  warn(`A release takes each name once: ${other.shownPath} becomes ${other.name}${more(renamed)}.`)
}

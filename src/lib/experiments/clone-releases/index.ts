import type { Instance } from '../../api/instance.js'
import { getModel, hasModelCard } from '../../api/models.js'
import { UsageError } from '../../errors.js'
import type { RunReport } from '../../run/run.js'
import type { ExperimentContext } from '../context.js'
import { findModelId, getOrCreateModel, newModelName } from '../get-or-create-model.js'
import type { Finding, TargetModel } from '../result.js'
import { withBothInstances } from '../with-instance.js'
import { compareCopy, isUnreadable, type Comparison } from '../skeleton/compare.js'
import { findRefusedSemvers } from './refused-semvers.js'
import { newDestination, readDestination } from './destination.js'
import { executePlan } from './execute.js'
import { readMadeBefore } from './made-before.js'
import { planClone, withoutReleases } from './plan.js'
import type { CloneReleasesOptions } from './options.js'
import { countPlan, countSteps, type PlannedCounts } from './plan-counts.js'
import type { Problem } from './problem.js'
import { readSource, type SourceOrigin } from './source.js'

/** What `clone-releases --json` prints. */
export interface CloneReleasesResult {
  readonly experiment: 'clone-releases'
  readonly version: string
  readonly seed: string
  readonly source: SourceOrigin
  readonly destination: TargetModel
  readonly planned: PlannedCounts
  /** What cannot be copied exactly; nothing was made unless `--keep-going` was given. */
  readonly problems: readonly Problem[]
  /** What a copy never has, such as attestations. */
  readonly leftOut: readonly string[]
  readonly run: RunReport
  /** Absent when nothing was made because of problems, in a dry run, and when the run was stopped. */
  readonly comparison?: Comparison
}

/**
 * Copies the skeleton of a model's releases: same semvers, notes and flags, same file names and exact sizes, same images
 * with the same layers; contents are synthetic. Only what is missing is made, and nothing that exists is changed.
 *
 * @throws UsageError for a wrong input; ResponseError and ConnectionError when reading either end fails
 */
export async function cloneReleases(
  context: ExperimentContext,
  options: CloneReleasesOptions,
): Promise<CloneReleasesResult> {
  return withBothInstances(context, options, (source, destination) => clone(context, options, source, destination))
}

async function clone(
  context: ExperimentContext,
  options: CloneReleasesOptions,
  sourceInstance: Instance,
  destinationInstance: Instance,
): Promise<CloneReleasesResult> {
  const { run } = context
  const request = {
    modelId: options.to,
    envKey: 'CLONE_RELEASES_DESTINATION_MODEL_ID',
    name: 'Clone of releases',
    description:
      'A copy of the skeleton of another model, made by bailo-exp clone-releases. All contents are synthetic.',
  }
  const existingId = findModelId(options.destination, request)
  const source = await readSource(options, sourceInstance, destinationInstance, existingId, run.concurrency)
  const parts = { files: options.withFiles, images: options.withImages }
  const wantedImages = new Set(source.images.keys())

  if (existingId !== undefined) await requireReleasableModel(destinationInstance, existingId, wantedImages.size > 0)
  const readState = (modelId: string) => readDestination(destinationInstance, modelId, wantedImages, run.concurrency)
  const state = existingId === undefined ? newDestination(newModelName(run, request)) : await readState(existingId)
  const plan = planClone(source, state, parts, readMadeBefore(run))
  const hasCard = existingId !== undefined && (await hasModelCard(destinationInstance, existingId))
  // A model without a card never had a release (observed).
  const refused =
    hasCard && !run.isDryRun
      ? await findRefusedSemvers(
          destinationInstance,
          existingId,
          plan.releases.map(({ semver }) => semver).filter((semver) => !state.releases.has(semver)),
          run.concurrency,
        )
      : []
  const feasible = withoutReleases(plan, refused)
  const problems = [...plan.problems, ...refused]

  const leftOut = [...source.images].flatMap(([key, image]) =>
    isUnreadable(image) ? [] : image.leftOut.map((what) => `${what} of image ${key}`),
  )
  const summary = {
    experiment: 'clone-releases' as const,
    version: context.version,
    seed: options.seed,
    source: source.origin,
    planned: countPlan(feasible),
    problems,
    leftOut,
  }
  if (problems.length > 0 && !options.keepGoing) {
    const destination = { url: destinationInstance.origin, modelId: existingId ?? '', isNew: false }
    return { ...summary, destination, run: run.report() }
  }

  const model = await getOrCreateModel(context, destinationInstance, options.destination, { ...request, hasCard })
  const destination = { url: destinationInstance.origin, ...model }
  run.expect({ steps: countSteps(summary.planned), bytes: summary.planned.bytes })
  try {
    await executePlan(run, destinationInstance, feasible, state, { ...options, modelId: model.modelId })
    if (run.isDryRun || run.stopReason !== undefined) return { ...summary, destination, run: run.report() }
    const comparison = compareCopy(source, await readState(model.modelId), parts)
    return { ...summary, destination, run: run.report(), comparison }
  } catch (error) {
    context.warn(`What was made until then is in ${model.modelId} at ${destination.url}.`)
    throw error
  }
}

/** Refuses a destination in which Bailo lets nobody make releases, or images that are needed. */
async function requireReleasableModel(instance: Instance, modelId: string, needsImages: boolean): Promise<void> {
  const { kind } = await getModel(instance, modelId)
  if (kind.startsWith('mirrored-')) {
    throw new UsageError(`${modelId} is a ${kind}: releases reach it only by mirroring.`, ['choose a model as --to'])
  }
  if (kind === 'data-card' && needsImages) {
    throw new UsageError(`${modelId} is a data card, and data cards take no images.`, [
      'choose a model as --to, or use --no-images',
    ])
  }
}

/** What is not as asked for: what could not be copied exactly, and where the copy differs. */
export function findingsOf({ problems, comparison }: CloneReleasesResult): Finding[] {
  const notCopied = problems.map(({ subject, message, tryNext }) => ({ subject: `${subject}:`, message, tryNext }))
  const tryNext = 'the same again makes what is missing; delete what differs first, or use another destination'
  return [...notCopied, ...(comparison?.differences ?? []).map((difference) => ({ ...difference, tryNext }))]
}

/** What findings mean for the copy as a whole. */
export function extentOf({ run, problems, comparison }: CloneReleasesResult): { message: string; tryNext: string[] } {
  if (problems.length === 0) return { message: 'The copy differs from its source', tryNext: [] }
  if (comparison !== undefined) return { message: 'Only the rest was copied', tryNext: [] }
  const tryNext = run.planned.length === 0 ? ['--keep-going copies everything else'] : []
  return { message: 'Nothing was made', tryNext }
}

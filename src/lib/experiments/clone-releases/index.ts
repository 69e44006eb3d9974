import { connect, type Instance } from '../../api/instance.js'
import { getModel, hasModelCard } from '../../api/models.js'
import type { Settings } from '../../config/settings.js'
import { ExitCode, ExpectedError, UsageError } from '../../errors.js'
import { ConnectionError } from '../../http/errors.js'
import type { RunReport } from '../../run/run.js'
import type { ExperimentContext } from '../context.js'
import { findModelId, getOrCreateModel } from '../get-or-create-model.js'
import { compareCopy, isUnreadable, type Comparison } from './compare.js'
import { findRefusedSemvers } from './refused-semvers.js'
import { newDestination, readDestination } from './destination.js'
import { executePlan } from './execute.js'
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
  readonly destination: { readonly url: string; readonly modelId: string; readonly isNew: boolean }
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
  const open = (settings: Settings): Instance =>
    connect(settings, {
      userAgent: `bailo-exp/${context.version}`,
      maxConnections: options.concurrency * 4,
      onRetry: () => context.run.noteRetry(),
    })
  const sourceInstance = open(options.source)
  const destinationInstance = options.destination === options.source ? sourceInstance : open(options.destination)
  try {
    return await clone(context, options, sourceInstance, destinationInstance)
  } finally {
    await Promise.all([...new Set([sourceInstance, destinationInstance])].map(({ connection }) => connection.close()))
  }
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
  const source = await readSource(options, sourceInstance, destinationInstance, existingId)
  const parts = { files: options.withFiles, images: options.withImages }
  const wantedImages = new Set(source.images.keys())

  if (existingId !== undefined) await requireReleasableModel(destinationInstance, existingId, wantedImages.size > 0)
  const readState = (modelId: string) =>
    readDestination(destinationInstance, modelId, wantedImages, options.concurrency)
  const state = existingId === undefined ? newDestination(request.name) : await readState(existingId)
  const plan = planClone(source, state, parts)
  const hasCard = existingId !== undefined && (await hasModelCard(destinationInstance, existingId))
  // A model without a card never had a release (observed).
  const refused =
    hasCard && !run.isDryRun
      ? await findRefusedSemvers(
          destinationInstance,
          existingId,
          plan.releases.map(({ semver }) => semver),
          options.concurrency,
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
    await executePlan(run, destinationInstance, feasible, { ...options, modelId: model.modelId })
    if (run.isDryRun || run.stopReason !== undefined) return { ...summary, destination, run: run.report() }
    const comparison = compareCopy(source, await readState(model.modelId), parts)
    return { ...summary, destination, run: run.report(), comparison }
  } catch (error) {
    context.warn(
      `What was made until then is in ${model.modelId} at ${destination.url}; the same command goes on there.`,
    )
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

/**
 * The exit code that a result stands for.
 *
 * @param stopReason why the run ended early, if it did
 */
export function exitCodeOf(result: CloneReleasesResult, stopReason: unknown): ExitCode {
  const isBegun = result.run.steps.some(({ done }) => done > 0)
  // An instance that was lost on the way has part of the copy, and the same command goes on there.
  if (stopReason instanceof ConnectionError && isBegun) return ExitCode.Partial
  if (stopReason instanceof ExpectedError) return stopReason.exitCode
  if (result.run.failed.length > 0) return ExitCode.Partial
  const isExact = result.problems.length === 0 && (result.comparison?.differences.length ?? 0) === 0
  return isExact ? ExitCode.Done : ExitCode.Findings
}

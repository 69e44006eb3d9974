import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import type { Settings } from '../../config/settings.js'
import { ExpectedError } from '../../errors.js'
import type { Run } from '../../run/run.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import { ensureFiles, findExistingFiles, type UploadSettings } from '../ensure-files.js'
import { FileUploads } from '../file-uploads.js'
import { findModelId, getOrCreateModel } from '../get-or-create-model.js'
import { makeInOrder } from '../make-in-order.js'
import { ReleaseMaker } from '../make-releases.js'
import { nextVersion, type Bump } from '../next-version.js'
import { requireFillableModel } from '../require-model-kind.js'
import type { ExperimentResult } from '../result.js'
import { withInstance } from '../with-instance.js'
import { checkReleases, findExistingReleases } from './match.js'
import { withoutOversized } from './oversized.js'
import { filesOf, totalBytes, type PlannedRelease, type ReleasePlan } from './plan.js'

/** What `many-releases-with-files` and `several-releases-with-files` have in common. */
export interface ReleasesWithFilesOptions extends UploadSettings {
  readonly settings: Settings
  /** By flag; otherwise the experiment's dotenv key; otherwise the model is created. */
  readonly modelId?: string | undefined
  readonly bump: Bump
  /** Whether later releases are made although an earlier one failed or cannot be made. */
  readonly keepGoing: boolean
}

/** What makes one such experiment different from the other. */
export interface ReleasesWithFiles {
  readonly experiment: string
  readonly envKey: string
  /** Of a model that is made. */
  readonly modelName: string
  readonly plan: ReleasePlan
  /** The flag that the number of files follows from. */
  readonly countFlag: string
}

export interface PlannedCounts {
  /** To upload. */
  readonly files: number
  readonly reusedFiles: number
  /** To make. */
  readonly releases: number
  readonly existingReleases: number
  /** To upload. */
  readonly bytes: number
  /** Of the releases to make; that it is free shows only when it is used. */
  readonly firstVersion: string
}

export interface ReleaseOutcome {
  /** Which of the plan's releases it is. */
  readonly name: string
  /** Absent when it was not made. */
  readonly semver?: string
  readonly isNew: boolean
  readonly files: number
  /** Of all its files together. */
  readonly bytes: number
}

/** What `many-releases-with-files --json` and `several-releases-with-files --json` print. */
export interface ReleasesWithFilesResult extends ExperimentResult {
  readonly planned: PlannedCounts
  /** In the order of the plan. */
  readonly releases: readonly ReleaseOutcome[]
  /** Versions that the model did not take, because it once had a release of them. */
  readonly refusedVersions: readonly string[]
}

/**
 * Makes the files and releases of a plan that are not there, and checks by one listing that all of them are. Files go up as
 * places allow; each release is made when its files are there and the one before it is made, with the next version.
 *
 * @throws UsageError when something of the plan cannot be made, or for a model of the wrong kind; ResponseError and
 *   ConnectionError when the model cannot be read
 */
export async function makeReleasesWithFiles(
  context: ExperimentContext,
  options: ReleasesWithFilesOptions,
  what: ReleasesWithFiles,
): Promise<ReleasesWithFilesResult> {
  const { plan, findings } = withoutOversized(what.plan, what.countFlag, options.keepGoing)
  return withInstance(context, options.settings, async (instance) => {
    const result = await make(context, options, { ...what, plan }, instance)
    return { ...result, findings: [...findings, ...result.findings] }
  })
}

async function make(
  context: ExperimentContext,
  options: ReleasesWithFilesOptions,
  { experiment, envKey, modelName, plan }: ReleasesWithFiles,
  instance: Instance,
): Promise<ReleasesWithFilesResult> {
  const { run } = context
  const request = {
    modelId: options.modelId,
    envKey,
    name: modelName,
    description: `Made by bailo-exp ${experiment}. All contents are synthetic.`,
  }
  const existingId = findModelId(options.settings, request)
  const listed = existingId === undefined ? { releases: [], files: [] } : await readModel(instance, existingId)
  const existingFiles = findExistingFiles(plan.files, listed.files)
  const existingReleases = findExistingReleases(plan, listed.releases)
  const firstVersion = nextVersion(
    listed.releases.map(({ semver }) => semver),
    options.bump,
  )
  const planned = { ...countPlan(plan, existingFiles, existingReleases), firstVersion }

  const model = await getOrCreateModel(context, instance, options.settings, request)
  const { modelId } = model
  run.expect({ steps: planned.files + planned.releases, bytes: planned.bytes })
  const uploads = new FileUploads(run, instance, { modelId, multipart: options.multipart, listed: listed.files })
  const fileIds = ensureFiles(run, uploads, plan.files, existingFiles, options)
  const maker = new ReleaseMaker(run, instance, { modelId, listed: listed.releases, bump: options.bump })
  const versions = await makeReleases(run, maker, plan, fileIds, existingReleases, options.keepGoing)

  const findings = await checkAtEnd(run, async () =>
    checkReleases(plan, versions, await listReleases(instance, modelId)),
  )
  return {
    experiment,
    version: context.version,
    seed: options.seed,
    target: { url: instance.origin, ...model },
    planned,
    releases: plan.releases.map((release) => describeOutcome(plan, release, versions, existingReleases)),
    refusedVersions: maker.refused,
    findings,
    run: run.report(),
  }
}

/**
 * Makes the releases of a plan that are not there, one after the other. What fails is in the run's report, and ends the
 * making unless it is to go on.
 *
 * @param fileIds of the plan's files, in its order
 * @returns versions by name of the planned release, of those that are there now
 */
async function makeReleases(
  run: Run,
  maker: ReleaseMaker,
  plan: ReleasePlan,
  fileIds: readonly Promise<string>[],
  existing: ReadonlyMap<string, string>,
  keepGoing: boolean,
): Promise<ReadonlyMap<string, string>> {
  const uploads = Promise.allSettled(fileIds)
  const versions = new Map(existing)
  const missing = plan.releases.filter(({ name }) => !existing.has(name))
  await makeInOrder(run, missing, async ({ name, notes, from, to }) => {
    try {
      const ids = await Promise.all(fileIds.slice(from, to))
      versions.set(name, await maker.make({ name, notes, fileIds: ids, images: [] }))
      return true
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error
      return keepGoing && run.stopReason === undefined
    }
  })
  for (const upload of await uploads) {
    // Expected failures are in the report already.
    if (upload.status === 'rejected' && !(upload.reason instanceof ExpectedError)) throw upload.reason
  }
  return versions
}

function countPlan(
  plan: ReleasePlan,
  existingFiles: ReadonlyMap<string, string>,
  existingReleases: ReadonlyMap<string, string>,
): Omit<PlannedCounts, 'firstVersion'> {
  const uploads = plan.files.filter(({ name }) => !existingFiles.has(name))
  return {
    files: uploads.length,
    reusedFiles: existingFiles.size,
    releases: plan.releases.length - existingReleases.size,
    existingReleases: existingReleases.size,
    bytes: totalBytes(uploads),
  }
}

function describeOutcome(
  plan: ReleasePlan,
  release: PlannedRelease,
  versions: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
): ReleaseOutcome {
  const files = filesOf(plan, release)
  const semver = versions.get(release.name)
  return {
    name: release.name,
    ...(semver && { semver }),
    isNew: !existing.has(release.name),
    files: files.length,
    bytes: totalBytes(files),
  }
}

async function readModel(instance: Instance, modelId: string) {
  await requireFillableModel(instance, modelId)
  return { releases: await listReleases(instance, modelId), files: await listFiles(instance, modelId) }
}

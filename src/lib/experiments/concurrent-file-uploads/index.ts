import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import type { Settings } from '../../config/settings.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import type { UploadSettings } from '../ensure-files.js'
import { FileUploads } from '../file-uploads.js'
import { findModelId, getOrCreateModel } from '../get-or-create-model.js'
import { requireFillableModel } from '../require-model-kind.js'
import type { ExperimentResult } from '../result.js'
import { withInstance } from '../with-instance.js'
import { checkUploads, countLeftovers, type UploadedFile } from './check.js'
import { countUploads, filePrefix, isOwnFile } from './plan.js'
import { uploadStep, type RampStep } from './ramp-step.js'
import { checkThresholds, type Thresholds } from './thresholds.js'

export interface ConcurrentFileUploadsOptions extends UploadSettings {
  readonly settings: Settings
  /** By flag; otherwise CONCURRENCY_MODEL_ID; otherwise the model is created. */
  readonly modelId?: string | undefined
  /** Files to upload in each step of the ramp. */
  readonly count: number
  /** Of each file. */
  readonly sizeBytes: number
  /** Uploads at the same time, step by step; none may be more than the run's concurrency. */
  readonly ramp: readonly number[]
  readonly thresholds: Thresholds
}

/** What `concurrent-file-uploads --json` prints. */
export interface ConcurrentFileUploadsResult extends ExperimentResult {
  readonly experiment: 'concurrent-file-uploads'
  readonly planned: { readonly files: number; readonly sizeBytes: number; readonly bytes: number }
  /** How the names of this run's files begin. */
  readonly filePrefix: string
  readonly thresholds: Thresholds
  readonly steps: readonly RampStep[]
  /** Files that were uploaded, also by an earlier process of a run that was continued; the steps count this one's. */
  readonly uploaded: number
  /** Files that are there, whole or unfinished, although their upload failed. */
  readonly leftovers: number
}

/**
 * Uploads many files at the same time and measures it, then checks by one listing that all of them are there with their
 * exact size. The files are in no release, and each run makes others. An upload that fails does not end the run: what it
 * means for the result is for the thresholds to say.
 *
 * @throws UsageError for a model of the wrong kind; ResponseError and ConnectionError when the model cannot be read
 */
export async function concurrentFileUploads(
  context: ExperimentContext,
  options: ConcurrentFileUploadsOptions,
): Promise<ConcurrentFileUploadsResult> {
  return withInstance(context, options.settings, (instance) => upload(context, options, instance))
}

async function upload(
  context: ExperimentContext,
  options: ConcurrentFileUploadsOptions,
  instance: Instance,
): Promise<ConcurrentFileUploadsResult> {
  const { run } = context
  const { sizeBytes, ramp, thresholds } = options
  const request = {
    modelId: options.modelId,
    envKey: 'CONCURRENCY_MODEL_ID',
    name: 'Concurrent file uploads',
    description: 'Made by bailo-exp concurrent-file-uploads. All contents are synthetic.',
  }
  const existingId = findModelId(options.settings, request)
  if (existingId !== undefined) await requireFillableModel(instance, existingId)
  const model = await getOrCreateModel(context, instance, options.settings, request)
  const files = ramp.reduce((sum, _step, index) => sum + countUploads(run, index + 1, options.count), 0)
  const planned = { files, sizeBytes, bytes: files * sizeBytes }
  run.expect({ steps: planned.files, bytes: planned.bytes })

  const uploads = new FileUploads(run, instance, {
    modelId: model.modelId,
    multipart: options.multipart,
    // No file of a run that is not continued is there.
    ...(run.createdEarlier.length === 0 && { listed: [] }),
  })
  const uploaded: UploadedFile[] = []
  const steps: RampStep[] = []
  for (const [index, concurrency] of ramp.entries()) {
    if (run.stopReason !== undefined) break
    steps.push(await uploadStep(run, uploads, { ...options, concurrency, number: index + 1 }, uploaded))
  }
  const isMeasured = !run.isDryRun && run.stopReason === undefined
  let leftovers = 0
  const findings = await checkAtEnd(run, async () => {
    const listed = await listFiles(instance, model.modelId)
    leftovers = countLeftovers(uploaded, listed, (name) => isOwnFile(run, name))
    return checkUploads(uploaded, sizeBytes, listed)
  })
  return {
    experiment: 'concurrent-file-uploads',
    version: context.version,
    seed: options.seed,
    target: { url: instance.origin, ...model },
    planned,
    filePrefix: filePrefix(run.id),
    thresholds,
    steps: run.isDryRun ? [] : steps,
    uploaded: run.isDryRun ? 0 : uploaded.length,
    leftovers,
    findings: [...findings, ...(isMeasured ? checkThresholds(steps, thresholds) : [])],
    run: run.report(),
  }
}

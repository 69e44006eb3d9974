import pLimit from 'p-limit'
import { ExpectedError } from '../../errors.js'
import type { Run } from '../../run/run.js'
import type { KindStatistics } from '../../run/statistics.js'
import { toUpload, type UploadSettings } from '../ensure-files.js'
import type { FileUploads } from '../file-uploads.js'
import type { UploadedFile } from './check.js'
import { planUploads } from './plan.js'

export interface RampStepOptions extends UploadSettings {
  /** Counts from 1. */
  readonly number: number
  readonly concurrency: number
  readonly count: number
  /** Of each file. */
  readonly sizeBytes: number
}

/** What was measured while so many uploads ran at the same time. */
export interface RampStep {
  /** Uploads that could run at the same time: no more than there are files. */
  readonly concurrency: number
  readonly done: number
  /** Done by an earlier process of the run, which measured them. */
  readonly skipped: number
  readonly failed: number
  readonly bytes: number
  readonly durationMs: number
  /** Of all uploads together. */
  readonly bytesPerSecond: number
  /** Absent when no upload was done. */
  readonly latencyMs?: KindStatistics['latencyMs']
}

/**
 * Uploads the files of one step of a ramp, so many at the same time. What fails is in the run's report and counted.
 *
 * @param uploaded is given what was uploaded
 */
export async function uploadStep(
  run: Run,
  uploads: FileUploads,
  step: RampStepOptions,
  uploaded: UploadedFile[],
): Promise<RampStep> {
  const { sizeBytes, count } = step
  // More places than files are never taken.
  const concurrency = Math.min(step.concurrency, count)
  const statistics = run.measure(`ramp ${step.number}`)
  const limit = pLimit(concurrency)
  const startedMs = performance.now()
  const outcomes = [...planUploads(run, step.number, step)].map((file) =>
    limit(async () => {
      try {
        const upload = toUpload(file, step)
        let isMadeNow = run.recordOf('file', upload.stepName) === undefined
        const onUploaded = (latencyMs: number): void => {
          isMadeNow = true
          statistics.recordDone('file', { latencyMs, bytes: sizeBytes, retries: 0 })
        }
        const fileId = await uploads.upload({ ...upload, onUploaded })
        if (!isMadeNow) statistics.recordSkipped('file')
        uploaded.push({ fileId, name: file.name })
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error
        // What a run that was stopped breaks off has not failed.
        if (run.stopReason === undefined) statistics.recordFailed('file', { retries: 0 })
      }
    }),
  )
  await Promise.all(outcomes)
  const durationMs = performance.now() - startedMs
  const [{ done, skipped, failed, bytes, latencyMs } = { done: 0, skipped: 0, failed: 0, bytes: 0 }] = statistics.list()
  return {
    concurrency,
    done,
    skipped,
    failed,
    bytes,
    durationMs: Math.round(durationMs),
    bytesPerSecond: Math.round((bytes / durationMs) * 1000),
    ...(latencyMs && { latencyMs }),
  }
}

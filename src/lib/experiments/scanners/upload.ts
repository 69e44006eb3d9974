import type { Instance } from '../../api/instance.js'
import { fileSource } from '../../content/file-source.js'
import { ExpectedError } from '../../errors.js'
import type { Run } from '../../run/run.js'
import { FileUploads } from '../file-uploads.js'
import type { ReleaseMaker } from '../make-releases.js'
import type { NamedFile, PlannedRelease } from './plan.js'

/** A file of a release that is on the server. */
export interface UploadedFile extends NamedFile {
  readonly id: string
}

/** A release that is on the server. */
export interface MadeRelease {
  readonly label: string
  readonly semver: string
  readonly files: readonly UploadedFile[]
}

export interface UploadOptions {
  readonly modelId: string
  /** Whether later releases are made although one lacks a file and is left out. */
  readonly keepGoing: boolean
  /** Told of each file, with the time when the upload had ended unless an earlier process of the run did it. */
  readonly onUploaded: (file: UploadedFile, endedMs: number | undefined) => void
}

/**
 * Uploads the files of all releases as places allow, and makes each release when its files are there and the one before it
 * is made. What fails is in the run's report; a release that lacks a file is left out.
 *
 * @returns the releases that were made; in a dry run all, with placeholders
 */
export async function uploadReleases(
  run: Run,
  instance: Instance,
  releases: readonly PlannedRelease[],
  maker: ReleaseMaker,
  options: UploadOptions,
): Promise<MadeRelease[]> {
  const uploads = new FileUploads(run, instance, { modelId: options.modelId })
  const made: MadeRelease[] = []
  const outcomes: Promise<unknown>[] = []
  let previous: Promise<unknown> = Promise.resolve()
  for (const { label, notes, files } of releases) {
    const uploaded = files.map((file) => upload(run, uploads, file, options))
    const before = options.keepGoing ? previous.catch(() => undefined) : previous
    previous = Promise.all([before, ...uploaded]).then(async ([, ...stored]) => {
      const fileIds = stored.map(({ id }) => id)
      const semver = await maker.make({ name: label, notes, fileIds, images: [] })
      made.push({ label, semver, files: stored })
    })
    outcomes.push(...uploaded, previous)
  }
  for (const outcome of await Promise.allSettled(outcomes)) {
    // Expected failures are in the report already.
    if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
  }
  return made
}

async function upload(
  run: Run,
  uploads: FileUploads,
  file: NamedFile,
  { onUploaded }: UploadOptions,
): Promise<UploadedFile> {
  const stepName = file.shownPath
  const isEarlier = run.recordOf('file', stepName) === 'done'
  const id = await uploads.upload({ stepName, name: file.name, source: fileSource(file.path, file) })
  const uploaded = { ...file, id }
  if (!run.isDryRun) onUploaded(uploaded, isEarlier ? undefined : performance.now())
  return uploaded
}

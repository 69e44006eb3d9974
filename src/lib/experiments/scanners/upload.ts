import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import { uploadFile } from '../../api/upload.js'
import { FileChangedError, openFileSource } from '../../content/file-source.js'
import { ExpectedError } from '../../errors.js'
import type { Run } from '../../run/run.js'
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
  /** Told of each file, with the time when the upload was answered unless an earlier process of the run had it. */
  readonly onUploaded: (file: UploadedFile, answeredMs: number | undefined) => void
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
  const made: MadeRelease[] = []
  let previous: Promise<unknown> = Promise.resolve()
  const uploads: Promise<UploadedFile>[] = []
  const outcomes: Promise<unknown>[] = releases.map((release, index) => {
    // By this tag a lost upload is found again: name and size may be those of another file.
    const tag = `bailo-exp-${run.id}-${index + 1}`
    const own = release.files.map((file) => upload(run, instance, { ...file, label: release.label, tag }, options))
    uploads.push(...own)
    const before = options.keepGoing ? previous.catch(() => undefined) : previous
    previous = Promise.all([before, ...own]).then(async ([, ...files]) => {
      const { label, notes } = release
      const fileIds = files.map(({ id }) => id)
      const semver = await maker.make({ name: label, notes, fileIds, images: [] })
      made.push({ label, semver, files })
    })
    return previous
  })
  for (const outcome of await Promise.allSettled([...uploads, ...outcomes])) {
    // Expected failures are in the report already.
    if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
  }
  return made
}

async function upload(
  run: Run,
  instance: Instance,
  file: NamedFile & { readonly label: string; readonly tag: string },
  { modelId, onUploaded }: UploadOptions,
): Promise<UploadedFile> {
  const { name, sizeBytes, tag } = file
  let answeredMs: number | undefined
  const id = await run.step(
    {
      kind: 'file',
      name: file.shownPath,
      bytes: sizeBytes,
      planned: '',
      find: async () => {
        const listed = await listFiles(instance, modelId)
        return listed.find((one) => one.name === name && one.size === sizeBytes && one.tags?.includes(tag))?._id
      },
      created: (fileId) => ({ type: 'file', origin: instance.origin, modelId, fileId, name, sizeBytes }),
    },
    async ({ onBytes, signal }) => {
      const source = await openFileSource(file.path)
      if (source.sizeBytes !== sizeBytes) {
        throw new FileChangedError(file.shownPath, `has ${source.sizeBytes} bytes by now, and had ${sizeBytes}`)
      }
      const stored = await uploadFile(instance, { modelId, name, tags: [tag], source }, { onBytes, signal })
      answeredMs = performance.now()
      return stored._id
    },
  )
  const { path, shownPath } = file
  const uploaded = { path, shownPath, name, sizeBytes, id }
  if (!run.isDryRun) onUploaded(uploaded, answeredMs)
  return uploaded
}

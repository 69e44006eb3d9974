import type { ReleaseEntry } from '../../api/answers.js'
import type { Instance } from '../../api/instance.js'
import { getModel } from '../../api/models.js'
import { listReleases, listVersions, readReleases } from '../../api/releases.js'
import { UsageError } from '../../errors.js'
import { RegistryClient } from '../../registry/client.js'
import { readDump, saveDump } from './dump.js'
import { readImages, type ImageSet } from '../skeleton/image-set.js'
import type { CloneReleasesOptions } from './options.js'
import {
  createSkeletonReader,
  sortByAge,
  type DatedSkeleton,
  type ReleaseSkeleton,
} from '../skeleton/release-skeleton.js'
import { parseVersionRange, selectReleases, type VersionRange } from '../skeleton/select.js'

/** What is to be copied. */
export interface Source {
  readonly releases: readonly ReleaseSkeleton[]
  readonly images: ImageSet
  readonly origin: SourceOrigin
}

/** Where the releases were read from. */
export interface SourceOrigin {
  readonly url: string
  readonly modelId?: string
  readonly file?: string
}

/**
 * Reads the releases to copy, from a model or from a dump file, and the skeletons of their images.
 *
 * @throws UsageError when there is no usable source; ResponseError and ConnectionError when it cannot be read
 */
export async function readSource(
  options: CloneReleasesOptions,
  instance: Instance,
  destinationInstance: Instance,
  destinationId: string | undefined,
  concurrency: number,
): Promise<Source> {
  const modelId =
    options.from ??
    (options.fromFile === undefined ? options.source.lookUp('CLONE_RELEASES_SOURCE_MODEL_ID') : undefined)
  const file =
    options.fromFile ?? (modelId === undefined ? options.source.lookUp('CLONE_RELEASES_ENDPOINT_DUMP') : undefined)
  if (modelId !== undefined && modelId === destinationId && instance.origin === destinationInstance.origin) {
    throw new UsageError(`Source and destination are the same model: ${modelId} at ${instance.origin}.`, [
      'name another model with --to, or none to have one created',
    ])
  }
  const range = parseVersionRange(options.semverRange)
  const dated = await readDated(options, instance, modelId, file, range)
  if (dated.length === 0 && range === undefined) {
    throw new UsageError(`${file ?? modelId ?? 'The source'} has no releases to copy.`, [
      'name another source',
      'use a token with the action release:read: without it Bailo lists none',
    ])
  }
  const all = sortByAge(dated)
  const releases = await selectReleases(all, range, async () =>
    file === undefined && modelId !== undefined
      ? await listVersions(instance, modelId)
      : all.map(({ semver }) => semver),
  )
  const images = options.withImages
    ? await readImages(
        new RegistryClient(instance.connection),
        releases.flatMap((release) => release.images),
        concurrency,
      )
    : new Map()
  const origin = {
    url: instance.origin,
    ...(modelId !== undefined && { modelId }),
    ...(file !== undefined && { file }),
  }
  return { releases, images, origin }
}

/** Reads the releases as a whole, and all of them, only where they are saved. */
async function readDated(
  options: CloneReleasesOptions,
  instance: Instance,
  modelId: string | undefined,
  file: string | undefined,
  range: VersionRange | undefined,
): Promise<readonly DatedSkeleton[]> {
  const read = createSkeletonReader()
  const save = async (entries: readonly ReleaseEntry[]): Promise<DatedSkeleton[]> => {
    if (options.saveDump !== undefined && entries.length > 0) await saveDump(options.saveDump, entries)
    return entries.map(read)
  }
  if (file !== undefined) return save(await readDump(file))
  if (modelId === undefined) {
    throw new UsageError('There is nothing to clone from.', [
      'name the source with --from MODEL_ID, or a saved list of releases with --from-file FILE',
      `or set CLONE_RELEASES_SOURCE_MODEL_ID in ${options.source.envFile}`,
    ])
  }
  const model = await getModel(instance, modelId)
  if (model.kind === 'data-card' && options.withImages) {
    throw new UsageError(`${modelId} is a data card, and data cards have no images to copy.`, [
      'use --no-images to copy its releases and files',
    ])
  }
  if (options.saveDump === undefined) return readReleases(instance, modelId, read, range?.query)
  return save(await listReleases(instance, modelId))
}

import type { FileEntry } from '../../api/answers.js'
import { listFiles } from '../../api/files.js'
import { listImages } from '../../api/images.js'
import type { Instance } from '../../api/instance.js'
import { readReleases } from '../../api/releases.js'
import { RegistryClient } from '../../registry/client.js'
import { readImages, type ImageSet } from '../skeleton/image-set.js'
import { createSkeletonReader, imageKey, sortByAge, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'

/** What the destination has already. */
export interface DestinationState {
  /** For a model that is still to be made, an id that is as long as its will be. */
  readonly modelId: string
  /** By semver. */
  readonly releases: ReadonlyMap<string, ReleaseSkeleton>
  /** All files, also those in no release. */
  readonly files: readonly FileEntry[]
  /** Of the images asked for, those that are there. */
  readonly images: ImageSet
}

/**
 * A model of this name that is still to be made. Bailo makes the id from the name: letters and digits in lower case, dashes
 * for spaces, then a dash and six characters (observed).
 */
export function newDestination(name: string): DestinationState {
  const modelId = `${name.toLowerCase().replaceAll(' ', '-')}-000000`
  return { modelId, releases: new Map(), files: [], images: new Map() }
}

/**
 * Reads what a model has, in one listing each of releases, files and images.
 *
 * @param wanted keys (`name:tag`) of the images whose content matters; the registry is not asked about others
 */
export async function readDestination(
  instance: Instance,
  modelId: string,
  wanted: ReadonlySet<string>,
  concurrency: number,
): Promise<DestinationState> {
  const releases = sortByAge(await readReleases(instance, modelId, createSkeletonReader()))
  return {
    modelId,
    releases: new Map(releases.map((release) => [release.semver, release])),
    files: await listFiles(instance, modelId),
    images: wanted.size === 0 ? new Map() : await readPresentImages(instance, modelId, wanted, concurrency),
  }
}

async function readPresentImages(
  instance: Instance,
  modelId: string,
  wanted: ReadonlySet<string>,
  concurrency: number,
): Promise<ImageSet> {
  const listed = (await listImages(instance, modelId)).flatMap(({ repository, name, tags }) =>
    tags.map((tag) => ({ repository, name, tag })),
  )
  const present = listed.filter((image) => wanted.has(imageKey(image)))
  return readImages(new RegistryClient(instance.connection), present, concurrency)
}

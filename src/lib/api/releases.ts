import { answers, type ImageReference, type ReleaseEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'
import { readList } from './read-list.js'

const RELEASES = '/api/v2/model/{modelId}/releases'

/** Bailo refuses JSON bodies over this size, in bytes, with a bare 500 (observed: 102,400 is taken, one more is not). */
export const MAX_JSON_BODY_BYTES = 102_400

/** What a release is made from; the answer to the list has the same fields and more. */
export interface NewRelease {
  readonly semver: string
  readonly notes: string
  readonly minor: boolean
  readonly draft: boolean
  readonly fileIds: readonly string[]
  readonly images: readonly ImageReference[]
}

/**
 * All releases of a model with their files and images, in one request; the server has no pages.
 *
 * @param querySemver a range; versions are compared by their three numbers only (observed)
 */
export async function listReleases(
  instance: Instance,
  modelId: string,
  querySemver?: string,
): Promise<readonly ReleaseEntry[]> {
  return readReleases(instance, modelId, (release) => release, querySemver)
}

/** The same, with only that in memory which is taken of each release: see {@link readList}. */
export async function readReleases<R>(
  instance: Instance,
  modelId: string,
  take: (release: ReleaseEntry) => R,
  querySemver?: string,
): Promise<R[]> {
  const query = { querySemver }
  return readList(instance, modelId, { path: RELEASES, name: 'releases', element: answers.releaseEntry, query }, take)
}

/** Lists the versions of all releases of a model. */
export function listVersions(instance: Instance, modelId: string): Promise<string[]> {
  return readReleases(instance, modelId, ({ semver }) => semver)
}

/**
 * Makes a release with the model's latest card. The server makes the reviews of releases that are neither minor nor
 * draft.
 *
 * @returns the semver as the server stored it
 */
export async function createRelease(instance: Instance, modelId: string, release: NewRelease): Promise<string> {
  const body = await bodyOf(
    instance.json.POST(RELEASES, { params: { path: { modelId } }, body: toReleaseBody(release) }),
  )
  return answers.release.check({ method: 'POST', path: RELEASES }, body).release.semver
}

/** Size in bytes of the JSON body that {@link createRelease} would send. */
export function measureReleaseBody(release: NewRelease): number {
  return Buffer.byteLength(JSON.stringify(toReleaseBody(release)))
}

function toReleaseBody(release: NewRelease) {
  return {
    semver: release.semver,
    notes: release.notes,
    minor: release.minor,
    draft: release.draft,
    fileIds: [...release.fileIds],
    images: release.images.map(({ repository, name, tag }) => ({ repository, name, tag })),
  }
}

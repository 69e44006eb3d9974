import type { ReleaseEntry } from '../api/answers.js'
import { createRelease as create, listReleases as list } from '../api/releases.js'
import { nextVersion as next, type Bump } from '../experiments/next-version.js'
import { parseImageName } from '../registry/image-reference.js'
import { partsOf, type Bailo } from './bailo.js'

/** All releases of a model with their files and images, in one request. */
export async function listReleases(bailo: Bailo, modelId: string): Promise<readonly ReleaseEntry[]> {
  return list(partsOf(bailo).instance, modelId)
}

/**
 * The version after the highest that the model has, `1.0.0` for a model that has none. A version that was deleted is not
 * listed, and Bailo never takes it again.
 *
 * @param bump the number that goes up. Default: `minor`
 */
export async function nextVersion(bailo: Bailo, modelId: string, bump: Bump = 'minor'): Promise<string> {
  const releases = await listReleases(bailo, modelId)
  return next(
    releases.map(({ semver }) => semver),
    bump,
  )
}

export interface NewRelease {
  readonly modelId: string
  /** Default: {@link nextVersion}. */
  readonly semver?: string
  readonly notes?: string
  readonly fileIds?: readonly string[]
  /** As `name:tag`, of the same model. */
  readonly images?: readonly string[]
  /** Minor releases, and drafts, get no reviews. */
  readonly minor?: boolean
  readonly draft?: boolean
}

/**
 * Creates a release with the model's latest card.
 *
 * @returns its version as the instance stored it
 * @throws ResponseError and ConnectionError when the instance does not make it
 */
export async function createRelease(bailo: Bailo, release: NewRelease): Promise<string> {
  const { modelId, notes = 'Made by an experiment.', fileIds = [], minor = false, draft = false } = release
  const images = (release.images ?? []).map((text) => ({ repository: modelId, ...parseImageName(text) }))
  const semver = release.semver ?? (await nextVersion(bailo, modelId))
  return create(partsOf(bailo).instance, modelId, { semver, notes, fileIds, images, minor, draft })
}

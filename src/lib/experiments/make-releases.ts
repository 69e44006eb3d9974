import type { ImageReference, ReleaseEntry } from '../api/answers.js'
import type { Instance } from '../api/instance.js'
import { createRelease, listReleases } from '../api/releases.js'
import { ResponseError, UnexpectedAnswerError } from '../http/errors.js'
import { oncePerRound } from '../run/once-per-round.js'
import type { Run } from '../run/run.js'
import { nextVersion, type Bump } from './next-version.js'

/** A release whose version is still open. */
export interface ReleaseToMake {
  /** Says which of the experiment's releases it is, stable from run to run. */
  readonly name: string
  /** Such that no other release of the experiment has the same notes, files and images. */
  readonly notes: string
  readonly fileIds: readonly string[]
  readonly images: readonly ImageReference[]
}

/** Versions that are refused one after the other before it is given up. */
const MAX_REFUSALS = 1000

/**
 * Makes releases, each with the next version that is free. Which versions are there is known from one listing; those that
 * were deleted, or that somebody else made meanwhile, show only when they are refused, and are passed over then.
 */
export class ReleaseMaker {
  readonly #run: Run
  readonly #instance: Instance
  readonly #modelId: string
  readonly #bump: Bump
  readonly #listed: ReadonlySet<string>
  readonly #firstVersion: string
  readonly #listInRound = oncePerRound(() => listReleases(this.#instance, this.#modelId))
  #lastVersion: string | undefined
  readonly #refused: string[] = []

  /** @throws UsageError when there is no version after those that are listed: see {@link nextVersion} */
  constructor(
    run: Run,
    instance: Instance,
    options: { readonly modelId: string; readonly listed: readonly ReleaseEntry[]; readonly bump: Bump },
  ) {
    this.#run = run
    this.#instance = instance
    this.#modelId = options.modelId
    this.#bump = options.bump
    this.#listed = new Set(options.listed.map(({ semver }) => semver))
    this.#firstVersion = nextVersion(this.#listed, options.bump)
  }

  /** Versions that the model did not take, because it has or had a release of them that was not in the listing. */
  get refused(): readonly string[] {
    return this.#refused
  }

  /**
   * Makes a release, as one step of the run. Versions go up in the order of the calls.
   *
   * @returns its version; in a dry run an empty text
   * @throws ResponseError and ConnectionError when the release cannot be made with any version
   */
  async make(release: ReleaseToMake): Promise<string> {
    const [origin, modelId] = [this.#instance.origin, this.#modelId]
    // All attempts are for the same version: one that may have succeeded must not lead to another.
    const place: VersionPlace = { semver: undefined }
    return this.#run.step(
      {
        kind: 'release',
        name: release.name,
        planned: '',
        sharing: 'in-order',
        find: ({ round }) => this.#find(release, round),
        verify: (semver) => Promise.resolve(this.#listed.has(semver)),
        created: (semver) => ({ type: 'release', origin, modelId, semver }),
      },
      () => this.#create(release, place),
    )
  }

  async #find(release: ReleaseToMake, round = {}): Promise<string | undefined> {
    const listed = await this.#listInRound(round)
    return listed.find((entry) => isMadeFrom(entry, release))?.semver
  }

  #takeVersion(): string {
    const last = this.#lastVersion
    return (this.#lastVersion = last === undefined ? this.#firstVersion : nextVersion([last], this.#bump))
  }

  async #create(release: ReleaseToMake, place: VersionPlace): Promise<string> {
    const { notes, fileIds, images } = release
    for (let refusals = 0; ; refusals++) {
      const semver = (place.semver ??= this.#takeVersion())
      try {
        const body = { semver, notes, fileIds, images, minor: false, draft: false }
        const stored = await createRelease(this.#instance, this.#modelId, body)
        if (stored === semver) return stored
        const operation = { method: 'POST', path: '/api/v2/model/{modelId}/releases' }
        throw new UnexpectedAnswerError(operation, `the release ${semver} was stored as ${stored}.`)
      } catch (error) {
        const refusal = versionRefusalOf(error)
        if (refusal === undefined || refusals === MAX_REFUSALS) throw error
        // The release that is there may be this one, from an attempt whose answer was lost.
        const found = refusal === 'exists' ? await this.#find(release) : undefined
        if (found !== undefined) return found
        this.#refused.push(semver)
        place.semver = undefined
      }
    }
  }
}

/** The version that a release is to have, while it is tried. */
interface VersionPlace {
  semver: string | undefined
}

/** Why a release was refused, where that was only because of its version: there is or was another of it (observed). */
function versionRefusalOf(error: unknown): 'exists' | 'deleted' | undefined {
  if (!(error instanceof ResponseError) || error.status !== 400) return undefined
  if (/\bsemver has been deleted\b/i.test(error.serverMessage)) return 'deleted'
  return /\bsemver already exists\b/i.test(error.serverMessage) ? 'exists' : undefined
}

function isMadeFrom(entry: ReleaseEntry, { notes, fileIds, images }: ReleaseToMake): boolean {
  const tagOf = ({ name, tag }: ImageReference): string => `${name}:${tag}`
  return (
    entry.notes === notes &&
    isSameSet(entry.fileIds ?? (entry.files ?? []).map(({ _id }) => _id), fileIds) &&
    isSameSet((entry.images ?? []).map(tagOf), images.map(tagOf))
  )
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const set = new Set(a)
  return set.size === new Set(b).size && b.every((one) => set.has(one))
}

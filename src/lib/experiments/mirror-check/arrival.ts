import { listReleases } from '../../api/releases.js'
import { listTransfers } from '../../api/transfers.js'
import { artefactKeys } from '../mirroring/artefact-keys.js'
import { TransferWatch } from '../mirroring/transfer-watch.js'
import { toReleaseSkeletons, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import type { End } from './ends.js'

/** Follows what is on its way from a source to its copy. */
export class Arrival {
  readonly sourceTransfers: TransferWatch
  readonly copyTransfers: TransferWatch
  readonly #source: End
  readonly #copy: End
  /** Those of the source that are checked. */
  readonly #releases: readonly ReleaseSkeleton[]
  readonly #sourceKeys: ReadonlySet<string>
  #copyReleases: ReadonlyMap<string, ReleaseSkeleton> = new Map()
  #copyKeys: ReadonlySet<string> = new Set()

  constructor(source: End, copy: End, releases: readonly ReleaseSkeleton[], startedMs: number) {
    this.#source = source
    this.#copy = copy
    this.#releases = releases
    this.#sourceKeys = new Set(releases.flatMap(artefactKeys))
    this.sourceTransfers = new TransferWatch(startedMs, {
      isRelevant: ({ key, kind }) => kind === 'documents' || this.#sourceKeys.has(key),
    })
    this.copyTransfers = new TransferWatch(startedMs, {
      isRelevant: ({ key, kind }) => kind === 'documents' || this.#copyKeys.has(key),
    })
  }

  /** The releases of the copy when it was looked at last, by version. */
  get copyReleases(): ReadonlyMap<string, ReleaseSkeleton> {
    return this.#copyReleases
  }

  /** Asks both ends, in three requests. */
  async look(): Promise<void> {
    const { id: copyId } = this.#copy.model
    const [ofSource, ofCopy, entries] = await Promise.all([
      listTransfers(this.#source.instance, this.#source.model.id),
      listTransfers(this.#copy.instance, copyId),
      listReleases(this.#copy.instance, copyId),
    ])
    const skeletons = toReleaseSkeletons(entries)
    this.#copyReleases = new Map(skeletons.map((release) => [release.semver, release]))
    const checked = new Set(this.#releases.map(({ semver }) => semver))
    this.#copyKeys = new Set(skeletons.filter(({ semver }) => checked.has(semver)).flatMap(artefactKeys))
    const nowMs = performance.now()
    this.sourceTransfers.note(ofSource, nowMs)
    this.copyTransfers.note(ofCopy, nowMs)
  }

  /** What is still to come, or to come to its end; nothing where the two were never connected by a transfer. */
  get openCount(): number {
    return this.sourceTransfers.openCount + this.copyTransfers.openCount + this.#countAwaitedReleases()
  }

  /**
   * Releases that the copy does not have yet although the source says that something of them was exported. Which releases an
   * export was of, no transfer says.
   */
  #countAwaitedReleases(): number {
    if (!this.sourceTransfers.hasAny) return 0
    const missing = this.#releases.filter(({ semver }) => !this.#copyReleases.has(semver))
    if (!this.copyTransfers.hasAny) return Math.max(missing.length, this.#releases.length === 0 ? 1 : 0)
    const exported = new Set(
      this.sourceTransfers
        .list()
        .filter(({ status }) => status === 'completed')
        .map(({ key }) => key),
    )
    return missing.filter((release) => artefactKeys(release).some((key) => exported.has(key))).length
  }
}

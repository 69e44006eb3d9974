import type { FileEntry, ReleaseEntry } from '../../api/answers.js'
import { UnexpectedAnswerError } from '../../http/errors.js'

/** What is to become of a file that is in no release, or has. */
export type OrphanState =
  /** Would be deleted, but was not asked for: listed only. */
  | 'listed'
  /** Left, because its last change is not long enough ago, or nobody knows when it was. */
  | 'too-young'
  | 'age-unknown'
  /** Left, because its upload never finished and such files were not asked for. */
  | 'incomplete'
  | 'deleted'
  /** Somebody else had deleted it, or an earlier request whose answer was lost. */
  | 'gone'
  /** Survived, because it was put into a release meanwhile. */
  | 'in-a-release'
  | 'failed'
  /** Not tried any more after a failure or an interrupt. */
  | 'not-tried'

/** A file that is in no release of its model. */
export interface Orphan {
  readonly id: string
  readonly name: string
  /** In bytes; absent where the server does not say, as for uploads that never finished. */
  readonly sizeBytes?: number
  /** Since the last change, by this machine's clock; absent where the server does not say. */
  readonly ageMs?: number
  /** False for an upload in parts that has not finished, also one that is under way. */
  readonly isComplete: boolean
  readonly state: OrphanState
}

export interface PurgeFilter {
  /** Files whose last change is less long ago are left. */
  readonly olderThanMs?: number | undefined
  /** Whether uploads that never finished are deleted as well. */
  readonly withIncomplete: boolean
}

/**
 * The ids of all files that are in a release, drafts included.
 *
 * @throws UnexpectedAnswerError for a release that does not say which files it has
 */
export function collectReleasedIds(releases: readonly ReleaseEntry[]): Set<string> {
  const ids = new Set<string>()
  for (const { semver, fileIds, files } of releases) {
    if (fileIds === undefined && files === undefined) {
      throw new UnexpectedAnswerError(
        { method: 'GET', path: '/api/v2/model/{modelId}/releases' },
        `the release ${semver} does not say which files it has, so that none can be taken for unused.`,
      )
    }
    for (const id of fileIds ?? []) ids.add(id)
    for (const { _id } of files ?? []) ids.add(_id)
  }
  return ids
}

/** The files of a model that are in no release, the longest unchanged first, each with what would become of it. */
export function findOrphans(
  files: readonly FileEntry[],
  releasedIds: ReadonlySet<string>,
  filter: PurgeFilter,
  nowMs: number,
): Orphan[] {
  return files
    .filter(({ _id }) => !releasedIds.has(_id))
    .map((file) => describeOrphan(file, filter, nowMs))
    .sort((a, b) => (b.ageMs ?? Infinity) - (a.ageMs ?? Infinity) || (a.id < b.id ? -1 : 1))
}

function describeOrphan(file: FileEntry, filter: PurgeFilter, nowMs: number): Orphan {
  const { _id: id, name, size, complete = size !== undefined } = file
  // Finishing an upload in parts is a change: what was finished only now may be about to go into a release.
  const changedMs = Date.parse(file.updatedAt ?? file.createdAt ?? '')
  const ageMs = Number.isNaN(changedMs) ? undefined : Math.max(0, nowMs - changedMs)
  return {
    id,
    name,
    ...(size !== undefined && { sizeBytes: size }),
    ...(ageMs !== undefined && { ageMs }),
    isComplete: complete,
    state: decide(complete, ageMs, filter),
  }
}

function decide(isComplete: boolean, ageMs: number | undefined, filter: PurgeFilter): OrphanState {
  const { olderThanMs, withIncomplete } = filter
  if (!isComplete && !withIncomplete) return 'incomplete'
  if (olderThanMs === undefined) return 'listed'
  if (ageMs === undefined) return 'age-unknown'
  return ageMs >= olderThanMs ? 'listed' : 'too-young'
}

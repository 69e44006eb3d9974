import { createHash } from 'node:crypto'
import { measureReleaseBody } from '../../api/releases.js'
import type { Fill } from '../../content/lazy-stream.js'
import type { PlannedFile } from '../ensure-files.js'

/** A release with a run of the plan's files. */
export interface PlannedRelease {
  /** Says which of the plan's releases it is, stable from run to run. */
  readonly name: string
  /** No two releases of a plan have the same. */
  readonly notes: string
  /** Index of its first file. */
  readonly from: number
  /** Index after its last file. */
  readonly to: number
}

/** Files, and releases of them, in the order in which they are made. */
export interface ReleasePlan {
  readonly files: readonly PlannedFile[]
  readonly releases: readonly PlannedRelease[]
}

/** An id in a request: 24 hexadecimal digits between quotes, and a comma. */
const JSON_ID_BYTES = 27
/** Stands for a version that is not known yet, and is longer than most. */
const VERSION_PLACEHOLDER = '1000.1000.1000'

/**
 * A short text for the names of files, such that those of another seed or fill have other names: a file of the right name
 * and size is used again, and then has the right bytes too.
 */
export function contentTag(seed: string, fill: Fill): string {
  return createHash('sha256')
    .update(JSON.stringify([seed, fill]))
    .digest('hex')
    .slice(0, 6)
}

/** The files of a release. */
export function filesOf({ files }: ReleasePlan, { from, to }: PlannedRelease): readonly PlannedFile[] {
  return files.slice(from, to)
}

/** Size in bytes of all files of a list together. */
export function totalBytes(files: readonly PlannedFile[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
}

/** Size in bytes of the request that makes a release, whatever its version will be. */
export function requestBytesOf({ notes, from, to }: PlannedRelease): number {
  const release = { semver: VERSION_PLACEHOLDER, notes, fileIds: [], images: [], minor: false, draft: false }
  return measureReleaseBody(release) + Math.max(0, (to - from) * JSON_ID_BYTES - 1)
}

/** The plan without some of its releases, and without the files that only they need. */
export function planOf(plan: ReleasePlan, releases: readonly PlannedRelease[]): ReleasePlan {
  if (releases.length === plan.releases.length) return plan
  const isNeeded = new Array<boolean>(plan.files.length).fill(false)
  for (const { from, to } of releases) isNeeded.fill(true, from, to)
  let count = 0
  const newIndexes = [...isNeeded.map((needed) => (needed ? count++ : count)), count]
  const move = (index: number): number => newIndexes[index] ?? count
  return {
    files: plan.files.filter((_file, index) => isNeeded[index]),
    releases: releases.map((release) => ({ ...release, from: move(release.from), to: move(release.to) })),
  }
}

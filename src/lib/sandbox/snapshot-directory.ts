import { chmod, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { ExpectedError, UsageError } from '../errors.js'
import type { Lock } from '../files/lock.js'
import { isLockRemnant, LOCK_NAME, lockDirectory } from './lock.js'
import { NEW_SNAPSHOT_NAME, readSnapshot, SNAPSHOT_NAME, type Snapshot } from './snapshot-file.js'

const BLOBS_NAME = 'blobs'

/** A directory that belongs to this process until it is released. */
export interface DataDirectory {
  readonly path: string
  /** Where the bytes of blobs go. */
  readonly blobDirectory: string
  /** What an earlier sandbox left; undefined for a new directory. */
  readonly snapshot: Snapshot | undefined
  readonly lock: Lock
}

/**
 * Takes a directory for the state of a sandbox, and creates it when it does not exist. Only its owner can read it, because
 * keys are in it.
 *
 * @throws UsageError when it cannot be used, is in use, holds something else, or its snapshot cannot be read; nothing in it
 *   has been changed then
 */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await refuseForeign(directory)
    const lock = await lockDirectory(directory)
    try {
      const snapshot = await readSnapshot(directory)
      await chmod(directory, 0o700)
      return { path: directory, blobDirectory: path.join(directory, BLOBS_NAME), snapshot, lock }
    } catch (error) {
      await lock.release()
      throw error
    }
  } catch (error) {
    if (error instanceof ExpectedError) throw error
    throw new UsageError(`The sandbox cannot use the data directory ${directory}`, ['Use another directory'], error)
  }
}

/** A directory without a snapshot that holds other things was named by mistake: nothing may be put or removed there. */
async function refuseForeign(directory: string): Promise<void> {
  const names = await readdir(directory)
  if (names.includes(SNAPSHOT_NAME)) return
  const blobCount = names.includes(BLOBS_NAME) ? (await readdir(path.join(directory, BLOBS_NAME))).length : 0
  // What a first start leaves that is killed before its first snapshot.
  const isOwn = (name: string) => [BLOBS_NAME, NEW_SNAPSHOT_NAME, LOCK_NAME].includes(name) || isLockRemnant(name)
  if (names.every(isOwn) && blobCount === 0) return
  throw new UsageError(`The directory ${directory} is not empty, and it holds no sandbox.`, [
    'name a directory with --data-dir that is empty or does not exist',
  ])
}

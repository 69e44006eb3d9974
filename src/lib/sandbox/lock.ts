import path from 'node:path'
import { UsageError } from '../errors.js'
import { takeLock, type Lock } from '../files/lock.js'

export const LOCK_NAME = 'lock'

/** True for a name that a lock file has for a moment, while it is made or taken over. */
export function isLockRemnant(name: string): boolean {
  return name.startsWith(`${LOCK_NAME}.`)
}

/**
 * Takes a data directory for this process alone; see {@link takeLock}.
 *
 * @throws UsageError when another process has the directory, and the system's error when the lock cannot be written
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const file = path.join(directory, LOCK_NAME)
  return takeLock(
    file,
    (holder) =>
      new UsageError(`The data directory ${directory} is in use by ${holder}.`, [
        'end that sandbox, or name another directory with --data-dir',
        `if it has ended for certain, remove ${file}`,
      ]),
  )
}

import type { Stats } from 'node:fs'
import { access, constants, lstat, readdir, readlink, realpath } from 'node:fs/promises'
import path from 'node:path'
import type { FileVersion } from '../../content/file-source.js'

/** A file that can be uploaded. */
export interface LocalFile extends FileVersion {
  /** Where it is read from. */
  readonly path: string
  /** The same below what was walked, with slashes on every system; for people. */
  readonly shownPath: string
}

/** Why something was left out. An unreadable one was asked for and cannot be had; the others are none to upload. */
export type SkipReason = 'empty-file' | 'empty-directory' | 'link' | 'special' | 'unreadable'

export interface Skipped {
  readonly shownPath: string
  readonly reason: SkipReason
  /** Goes on after the path, without a full stop. */
  readonly message: string
}

export interface Walk {
  readonly files: readonly LocalFile[]
  readonly skipped: readonly Skipped[]
}

/**
 * Lists the files in and below a directory, or the file itself, sorted by name within each directory, whatever the
 * locale. Symbolic links are not followed: those that stay in the tree lead to files that are listed themselves, the
 * others out of what was asked for. Everything that is left out is named.
 *
 * @param root a real path
 * @param shownRoot how the user wrote it
 * @param treeRoot a real path: what links must not lead out of
 */
export async function walkTree(root: string, shownRoot: string, treeRoot = root): Promise<Walk> {
  const files: LocalFile[] = []
  const skipped: Skipped[] = []

  const visit = async (location: string, shownPath: string): Promise<void> => {
    const skip = (reason: SkipReason, message: string): void => void skipped.push({ shownPath, reason, message })
    try {
      const stats = await lstat(location)
      if (stats.isDirectory()) {
        const names = (await readdir(location)).sort(byCodeUnits)
        if (names.length === 0) skip('empty-directory', 'is an empty directory')
        for (const name of names) await visit(path.join(location, name), joinShown(shownPath, name))
      } else if (stats.isSymbolicLink()) {
        skip('link', await describeLink(treeRoot, location))
      } else if (!stats.isFile()) {
        skip('special', `is a ${describeKind(stats)}`)
      } else if (stats.size === 0) {
        skip('empty-file', 'is an empty file, which Bailo refuses')
      } else {
        await access(location, constants.R_OK)
        files.push({ path: location, shownPath, sizeBytes: stats.size, mtimeMs: stats.mtimeMs })
      }
    } catch (error) {
      skip('unreadable', describeFailure(error, location))
    }
  }

  await visit(root, shownRoot)
  return { files, skipped }
}

/** What sort of thing it is that is neither a file nor a directory. */
export function describeKind(stats: Stats): string {
  if (stats.isSocket()) return 'socket'
  if (stats.isFIFO()) return 'FIFO'
  return stats.isBlockDevice() || stats.isCharacterDevice() ? 'device' : 'special file'
}

/** A path for people, of slashes on every system. */
export function joinShown(parent: string, name: string): string {
  return parent.endsWith('/') ? `${parent}${name}` : `${parent}/${name}`
}

export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether a real path is another one or below it. */
export function isWithin(root: string, location: string): boolean {
  const inside = path.relative(root, location)
  return inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside)
}

async function describeLink(treeRoot: string, location: string): Promise<string> {
  const target = await readlink(location)
  const real = await realpath(location).catch(() => undefined)
  if (real === undefined) return `is a symbolic link to ${target}, which is not there`
  const why = isWithin(treeRoot, real) ? 'which is in the tree anyway' : 'which is out of the tree'
  return `is a symbolic link to ${target}, ${why}`
}

function describeFailure(error: unknown, location: string): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  // Names that are not UTF-8 cannot be told apart, and files not opened, once they are text.
  const isMangled = code === 'ENOENT' && location.includes('\uFFFD')
  return isMangled ? 'has a name that is not UTF-8' : `cannot be read (${code})`
}

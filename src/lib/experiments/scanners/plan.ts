import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { MAX_JSON_BODY_BYTES, measureReleaseBody } from '../../api/releases.js'
import { UsageError } from '../../errors.js'
import { showControls } from '../../http/server-text.js'
import { byCodeUnits, describeKind, isWithin, joinShown, walkTree, type LocalFile, type Skipped } from './walk-tree.js'

/** A file under the name that it gets in Bailo. */
export interface NamedFile extends LocalFile {
  readonly name: string
}

export interface PlannedRelease {
  /** What it is made of, as the user wrote it; no two releases have the same. */
  readonly label: string
  readonly notes: string
  /** At least one. */
  readonly files: readonly NamedFile[]
}

export interface UploadPlan {
  readonly releases: readonly PlannedRelease[]
  readonly skipped: readonly Skipped[]
  /** Files that got another name, because a release takes each name once. */
  readonly renamed: readonly NamedFile[]
}

/**
 * Plans a release for each path, or for each sub-directory of it and one for the files beside them. Reads the disk only.
 *
 * @throws UsageError for a path that is not there, cannot be read or is neither file nor directory, when there is nothing to
 *   upload, and when a release would have more files than Bailo takes
 */
export async function planUploads(
  paths: readonly string[],
  options: { readonly perSubdirectory: boolean },
): Promise<UploadPlan> {
  const releases: PlannedRelease[] = []
  const skipped: Skipped[] = []
  const renamed: NamedFile[] = []
  const roots: Root[] = []
  for (const shownPath of paths.map(withoutTrailingSlashes)) {
    const root = await resolveRoot(shownPath)
    refuseOverlap(roots, { root, shownPath })
    roots.push({ root, shownPath })
    for (const { label, walks } of await divide(root, shownPath, options.perSubdirectory)) {
      const files = nameFiles(walks.flatMap((walk) => walk.files))
      skipped.push(...walks.flatMap((walk) => walk.skipped))
      renamed.push(...files.filter((file) => file.name !== baseName(file)))
      if (files.length > 0) releases.push(planRelease(label, files))
    }
  }
  if (releases.length === 0) throw refuseNothing(skipped)
  return { releases, skipped, renamed }
}

/**
 * Gives each file the last part of its path as its name, and a number before the extension where an earlier file has
 * that name: `weights-2.bin`. The same files always get the same names.
 */
export function nameFiles(files: readonly LocalFile[]): NamedFile[] {
  const taken = new Set(files.map(baseName))
  const given = new Set<string>()
  return files.map((file) => {
    const wanted = baseName(file)
    const { name: stem, ext } = path.posix.parse(wanted)
    let name = wanted
    for (let number = 2; given.has(name) || (name !== wanted && taken.has(name)); number++) {
      name = `${stem}-${number}${ext}`
    }
    given.add(name)
    return { ...file, name }
  })
}

/** Where a path really is. A link that the user names is followed. */
async function resolveRoot(shownPath: string): Promise<string> {
  try {
    const stats = await stat(shownPath)
    if (stats.isFile() || stats.isDirectory()) return await realpath(shownPath)
    throw new UsageError(`${shownPath} is a ${describeKind(stats)}, and only files and directories can be uploaded.`)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new UsageError(`${shownPath} ${why}.`, ['name files or directories that this user may read'], error)
  }
}

type Walk = Awaited<ReturnType<typeof walkTree>>

async function divide(
  root: string,
  shownPath: string,
  perSubdirectory: boolean,
): Promise<{ label: string; walks: Walk[] }[]> {
  const isDivided = perSubdirectory && (await stat(root)).isDirectory()
  if (!isDivided) return [{ label: shownPath, walks: [await walkTree(root, shownPath)] }]
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  if (entries.length === 0) return [{ label: shownPath, walks: [await walkTree(root, shownPath)] }]
  const own: Walk[] = []
  const parts: { label: string; walks: Walk[] }[] = []
  for (const entry of entries.sort((a, b) => byCodeUnits(a.name, b.name))) {
    const shownEntry = joinShown(shownPath, entry.name)
    const walk = await walkTree(path.join(root, entry.name), shownEntry, root)
    if (entry.isDirectory()) parts.push({ label: shownEntry, walks: [walk] })
    else own.push(walk)
  }
  return [{ label: shownPath, walks: own }, ...parts]
}

function planRelease(label: string, files: readonly NamedFile[]): PlannedRelease {
  const notes = `Uploaded by bailo-exp scanners: ${showControls(label)}`
  // As long as they will be.
  const fileIds = files.map(() => '0'.repeat(24))
  const bodyBytes = measureReleaseBody({
    semver: '1000.1000.1000',
    notes,
    minor: false,
    draft: false,
    fileIds,
    images: [],
  })
  if (bodyBytes <= MAX_JSON_BODY_BYTES) return { label, notes, files }
  throw new UsageError(
    `${label} has ${files.length} files: a release of them would be a request of ${bodyBytes} bytes, and Bailo takes ${MAX_JSON_BODY_BYTES}.`,
    ['use --per-subdirectory, or name several smaller directories'],
  )
}

interface Root {
  readonly root: string
  readonly shownPath: string
}

/** Files that are in two paths would be uploaded twice. */
function refuseOverlap(others: readonly Root[], { root, shownPath }: Root): void {
  for (const other of others) {
    const [inner, outer] = isWithin(other.root, root) ? [shownPath, other.shownPath] : [other.shownPath, shownPath]
    if (!isWithin(other.root, root) && !isWithin(root, other.root)) continue
    const what = root === other.root ? 'are the same' : `overlap: ${inner} is in ${outer}`
    throw new UsageError(`${other.shownPath} and ${shownPath} ${what}.`, ['name each file and directory once'])
  }
}

/** How many of the things that were left out an error names. */
const NAMED_AT_MOST = 5

function refuseNothing(skipped: readonly Skipped[]): UsageError {
  const named = skipped.slice(0, NAMED_AT_MOST).map(({ shownPath, message }) => `${shownPath} ${message}`)
  const more = skipped.length > NAMED_AT_MOST ? [`and ${skipped.length - NAMED_AT_MOST} more`] : []
  return new UsageError(`There is nothing to upload: ${[...named, ...more].join('; ')}.`, [
    'name files with something in them, or directories that hold such files',
  ])
}

/** The last part of the path as the user wrote it: a file that a link names is called like the link. */
function baseName({ shownPath }: LocalFile): string {
  return path.basename(shownPath)
}

/** A name may end in a backslash, except on Windows. */
const TRAILING_SLASHES = path.sep === '/' ? /(?<=.)\/+$/ : /(?<=.)[/\\]+$/

function withoutTrailingSlashes(shownPath: string): string {
  return shownPath.replace(TRAILING_SLASHES, '')
}

/** How many files a plan uploads. */
export function countFiles({ releases }: UploadPlan): number {
  return releases.reduce((sum, { files }) => sum + files.length, 0)
}

/** How many bytes that takes. */
export function countBytes({ releases }: UploadPlan): number {
  return releases.flatMap(({ files }) => files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

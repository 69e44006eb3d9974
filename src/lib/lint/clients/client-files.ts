import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { UsageError } from '../../errors.js'
import { formatSize } from '../../content/size.js'

/** No client is larger; what is, was named by mistake. */
const MAX_BYTES = 64 * 1024 ** 2

/** A file of a client. */
export interface ClientFile {
  /** As it is to be called. */
  readonly path: string
  readonly text: string
}

/** True when there is a directory of this name; false for anything else, also nothing. */
export async function isDirectory(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isDirectory() ?? false
}

/**
 * Reads one file.
 *
 * @throws UsageError when it cannot be read, is empty, too large or no text
 */
export async function readClientFile(name: string): Promise<ClientFile> {
  const text = await readText(name, MAX_BYTES)
  if (text.trim() === '') throw new UsageError(`${name} is empty`)
  return { path: name, text }
}

/**
 * Reads all Python files below a directory, in the order of their names. Symbolic links are not followed.
 *
 * @throws UsageError when there is none with anything in it, or they cannot be read or are too large together
 */
export async function readClientDirectory(directory: string): Promise<ClientFile[]> {
  const files: ClientFile[] = []
  let allowance = MAX_BYTES
  for (const name of await listPython(directory)) {
    const text = await readText(name, allowance)
    allowance -= Buffer.byteLength(text)
    files.push({ path: name, text })
  }
  if (files.every(({ text }) => text.trim() === '')) {
    throw new UsageError(
      files.length === 0 ? `${directory} has no .py files` : `The .py files of ${directory} are empty`,
    )
  }
  return files
}

async function listPython(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.py'))
    return files.map((entry) => path.join(entry.parentPath, entry.name)).toSorted()
  } catch (error) {
    throw cannotRead(directory, error)
  }
}

async function readText(name: string, maxBytes: number): Promise<string> {
  let bytes: Buffer
  try {
    const stats = await stat(name)
    if (!stats.isFile()) throw new UsageError(`${name} is no file`)
    if (stats.size > maxBytes) {
      throw new UsageError(`${name} has ${formatSize(stats.size)}; a client may have ${formatSize(MAX_BYTES)} in all`)
    }
    bytes = await readFile(name)
  } catch (error) {
    throw error instanceof UsageError ? error : cannotRead(name, error)
  }
  const text = new TextDecoder().decode(bytes)
  if (text.includes('\0')) throw new UsageError(`${name} is no text`)
  return text
}

function cannotRead(name: string, error: unknown): UsageError {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new UsageError(`There is no ${name}`)
  return new UsageError(`${name} cannot be read (${code ?? 'unknown error'})`, [], error)
}

import { randomBytes } from 'node:crypto'
import { chmod, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { parse } from 'dotenv'
import { UsageError } from '../errors.js'

/** The dotenv file that is read when no other is named; it may be absent. */
export const DEFAULT_ENV_FILE = '.local.env'

/**
 * Reads a dotenv file.
 *
 * @returns its keys and values; an empty map when the file is absent and `mayBeAbsent` is set
 * @throws UsageError when the file cannot be read
 */
export async function readEnvFile(
  path: string,
  options: { mayBeAbsent: boolean },
): Promise<ReadonlyMap<string, string>> {
  const text = await readText(path, options.mayBeAbsent)
  // A Map, so that a key such as `__proto__` in the file is a key like any other.
  return new Map(Object.entries(parse(text)))
}

/**
 * Sets one key of a dotenv file: its line is replaced where there is one, otherwise appended. All other lines, their
 * order and comments stay byte for byte. The file is replaced atomically, keeps its mode, follows a symbolic link to
 * the real file, and is created readable by its owner only.
 *
 * @throws UsageError when the file cannot be read or replaced, or the value would not survive being read back
 */
export async function setEnvFileKey(path: string, key: string, value: string): Promise<void> {
  if (!/^[\w.:/-]+$/.test(value)) throw new UsageError(`${key} cannot be written to ${path}: ${JSON.stringify(value)}`)
  const text = await readText(path, true)
  await replaceFile(path, withKey(text, key, value))
}

function withKey(text: string, key: string, value: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const line = `${key}=${value}`
  const assignment = new RegExp(`^(\\s*(?:export\\s+)?)${key}\\s*[=:][^\\r\\n]*`, 'm')
  if (assignment.test(text)) return text.replace(assignment, (_match, prefix: string) => prefix + line)
  const separator = text === '' || text.endsWith('\n') ? '' : newline
  return `${text}${separator}${line}${newline}`
}

async function readText(path: string, mayBeAbsent: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (mayBeAbsent && hasCode(error, 'ENOENT')) return ''
    throw new UsageError(`The settings file ${path} cannot be read: ${reason(error)}.`, [
      'name an existing file with --env-file, or create it with the keys URL, ACCESS_KEY and SECRET_KEY',
    ])
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const mode = await stat(target).then(
    (stats) => stats.mode & 0o777,
    () => 0o600,
  )
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, text, { mode, flag: 'wx', flush: true })
    await chmod(temporary, mode)
    await rename(temporary, target)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw new UsageError(`The settings file ${path} cannot be written: ${reason(error)}.`)
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { randomBytes } from 'node:crypto'
import { chmod, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { parse } from 'dotenv'
import { UsageError } from '../errors.js'
import { describeFailure } from '../files/describe-failure.js'

/** The dotenv file that is read when no other is named; it may be absent. */
export const DEFAULT_ENV_FILE = '.local.env'

/** The bytes that some editors begin a file with, read as Latin-1. */
const BYTE_ORDER_MARK = '\xEF\xBB\xBF'
/** A value in quotes, in which a `#` begins no comment, or a bare one. */
const OLD_VALUE = '(?:[ \\t]*(?:"[^"\\r\\n]*"|\'[^\'\\r\\n]*\'|`[^`\\r\\n]*`)|[^#\\r\\n]*?)'

/**
 * Reads a dotenv file.
 *
 * @param options.flag the flag that names it, for messages; default: `--env-file`
 * @returns its keys and values; an empty map when the file is absent and `mayBeAbsent` is set
 * @throws UsageError when the file cannot be read
 */
export async function readEnvFile(
  path: string,
  options: { mayBeAbsent: boolean; flag?: string | undefined },
): Promise<ReadonlyMap<string, string>> {
  const text = await readText(path, options)
  // A Map, so that what is not in the file is not found in a prototype either.
  return new Map(Object.entries(parse(text)))
}

/**
 * Sets one key of a dotenv file: its value is replaced where there is one, otherwise a line appended. All other lines,
 * their order and comments stay byte for byte. The file is replaced atomically, keeps its mode, follows a symbolic link
 * to the real file, and is created readable by its owner only.
 *
 * @throws UsageError when the file cannot be read or replaced, or the value would not survive being read back
 */
export async function setEnvFileKey(path: string, key: string, value: string): Promise<void> {
  if (!/^[\w.:/[\]-]+$/.test(value))
    throw new UsageError(`${key} cannot be written to ${path}: ${JSON.stringify(value)}`)
  // In Latin-1 each byte is a character, so that bytes of any encoding come through unchanged.
  const text = await readText(path, { mayBeAbsent: true }, 'latin1')
  await replaceFile(path, withKey(text, key, value))
}

/**
 * Empties a key of a dotenv file that has this value; otherwise the file is left as it is, as by {@link setEnvFileKey}.
 *
 * @returns whether it had
 * @throws UsageError when the file cannot be read or replaced
 */
export async function clearEnvFileKey(path: string, key: string, value: string): Promise<boolean> {
  const text = await readText(path, { mayBeAbsent: true }, 'latin1')
  if (parse(text)[key] !== value) return false
  await replaceFile(path, withKey(text, key, ''))
  return true
}

function withKey(text: string, key: string, value: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const line = `${key}=${value}`
  const start = `^(?<prefix>(?:${BYTE_ORDER_MARK})?[ \\t]*(?:export[ \\t]+)?)`
  const assignment = new RegExp(`${start}${key}[ \\t]*[=:]${OLD_VALUE}(?<comment>[ \\t]*#[^\\r\\n]*)?$`, 'gm')
  // Of several lines for one key the last one counts.
  const last = [...text.matchAll(assignment)].at(-1)
  if (last !== undefined) {
    const { prefix = '', comment = '' } = last.groups ?? {}
    return text.slice(0, last.index) + prefix + line + comment + text.slice(last.index + last[0].length)
  }
  const separator = text === '' || text.endsWith('\n') ? '' : newline
  return `${text}${separator}${line}${newline}`
}

async function readText(
  path: string,
  { mayBeAbsent, flag = '--env-file' }: { mayBeAbsent: boolean; flag?: string | undefined },
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<string> {
  try {
    return await readFile(path, encoding)
  } catch (error) {
    if (mayBeAbsent && hasCode(error, 'ENOENT')) return ''
    throw new UsageError(`The settings file ${path} cannot be read: ${describeFailure(error)}.`, [
      `name an existing file with ${flag}, or create it with the keys URL, ACCESS_KEY and SECRET_KEY`,
    ])
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const existing = await stat(target).catch(() => undefined)
  if (existing?.isFile() === false) throw new UsageError(`The settings file ${path} is not a file that can be written.`)
  const mode = existing === undefined ? 0o600 : existing.mode & 0o777
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, text, { encoding: 'latin1', mode, flag: 'wx', flush: true })
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

import { randomBytes } from 'node:crypto'
import { realpath, rename, unlink, writeFile } from 'node:fs/promises'
import { UsageError } from '../errors.js'

/**
 * Writes a file so that it appears whole or not at all, and replaces one that a symbolic link leads to.
 *
 * @param what the file is called in messages
 * @throws UsageError when it cannot be written
 */
export async function writeWhole(path: string, text: string, what = 'file'): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await rename(temporary, target)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The ${what} ${path} cannot be written: ${reason}.`)
  }
}

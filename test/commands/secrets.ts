import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Larger files hold content that tests made, not what the tool says of a run. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/**
 * Looks for the secret key that a command was given in all that it printed and in all files that it could write: journals,
 * reports, dumps, temporary files. Only dotenv files may hold it.
 *
 * @throws Error that names the place
 */
export async function findSecret(
  { ACCESS_KEY: accessKey = '', SECRET_KEY: secret = '' }: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  directories: readonly string[],
): Promise<void> {
  if (secret === '') return
  const encoded = Buffer.from(`${accessKey}:${secret}`).toString('base64')
  const hasSecret = (text: string): boolean => text.includes(secret) || text.includes(encoded)
  for (const [name, text] of Object.entries(outputs)) {
    if (hasSecret(text)) throw new Error(`the secret key is on ${name}`)
  }
  for (const directory of directories) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!entry.isFile() || entry.name.endsWith('.env')) continue
      const file = path.join(entry.parentPath, entry.name)
      const text = await readFile(file, 'latin1').catch(() => '')
      if (text.length <= MAX_FILE_BYTES && hasSecret(text)) throw new Error(`the secret key is in ${file}`)
    }
  }
}

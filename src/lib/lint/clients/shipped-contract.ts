import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { JsonObject } from './json.js'

/** As it is called in this package, and in findings about it. */
export const CONTRACT_FILE = 'openapi/bailo-v2.yaml'

/** Both in the sources and in the build, `openapi` lies beside `src`. */
const BESIDE_SOURCES = path.resolve(import.meta.dirname, '../../../..')

/** The contract that this package ships. */
export interface ShippedContract {
  readonly document: JsonObject
  /** The YAML that people read, to find lines in; undefined where only the build is installed. */
  readonly text: string | undefined
}

/**
 * Reads the contract of this package. The build has it as JSON, because reading the YAML takes 200 ms.
 *
 * @throws Error when it is not in the package
 */
export async function readShippedContract(): Promise<ShippedContract> {
  const json = await readIfThere(path.join(BESIDE_SOURCES, 'openapi/bailo-v2.json'))
  if (json === undefined) {
    const [text, { parse }] = await Promise.all([
      readFile(path.join(BESIDE_SOURCES, CONTRACT_FILE), 'utf8'),
      import('yaml'),
    ])
    return { document: parse(text) as JsonObject, text }
  }
  return {
    document: JSON.parse(json) as JsonObject,
    text: await readIfThere(path.join(BESIDE_SOURCES, '..', CONTRACT_FILE)),
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

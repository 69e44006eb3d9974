import type { Connection } from '../../http/connection.js'
import { readUpTo } from '../../http/read-body.js'
import { SpecificationError } from './specification-error.js'

/** Largest specification that is read, in bytes. */
export const MAX_SPECIFICATION_BYTES = 64 * 1024 * 1024

/**
 * Gets the text of a specification.
 *
 * @returns undefined when there is none at the address (404)
 * @throws SpecificationError when it is too large; ResponseError and ConnectionError as the connection does
 */
export async function fetchText(connection: Connection, url: URL): Promise<string | undefined> {
  const operation = { method: 'GET', path: url.pathname }
  const headers = { accept: 'application/json, application/yaml;q=0.9, */*;q=0.5', ...connection.authorization() }
  return connection.send(operation, { url, headers, isRepeatable: true, accept: [404] }, async ({ status, body }) => {
    if (status === 404) {
      await body.dump()
      return undefined
    }
    const { bytes, isWhole } = await readUpTo(body, MAX_SPECIFICATION_BYTES)
    if (isWhole) return bytes.toString('utf8')
    throw tooLarge(url.href)
  })
}

/** The refusal of what is larger than {@link MAX_SPECIFICATION_BYTES}. */
export function tooLarge(label: string): SpecificationError {
  const limit = MAX_SPECIFICATION_BYTES / 1024 / 1024
  return new SpecificationError(label, `it is larger than ${limit} MiB`, ['cut it down to the paths that matter'])
}

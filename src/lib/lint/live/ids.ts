import { isRecord } from '../../http/errors.js'

/** Values for path parameters that belong together: a file's id is of use with the id of its model only. */
export type Ids = ReadonlyMap<string, string>

/** Under which name an answer holds what, and which path parameter each of its fields is a value for (observed). */
const WHERE_FOUND: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  models: { modelId: ['id'] },
  releases: { semver: ['semver'] },
  files: { fileId: ['_id', 'id'], fileName: ['name'] },
  images: { name: ['name'], tag: ['tags'] },
  modelCardRevisions: { version: ['version'] },
  accessRequests: { accessRequestId: ['id'], modelId: ['modelId'] },
  webhooks: { webhookId: ['id', '_id'] },
  schemas: { schemaId: ['id'] },
  schemaMigrations: { schemaMigrationId: ['id', '_id'] },
  transfers: { exportId: ['_id', 'id'] },
  reviews: { reviewId: ['_id', 'id'] },
  user: { dn: ['dn'] },
}

/** Entries of one list that are looked at; more models than this are not called anyway. */
const MAX_ENTRIES = 5

/**
 * Finds values for path parameters in an answer.
 *
 * @param known the values with which it was asked for, which belong to what is found
 */
export function findIds(answer: unknown, known: Ids): Ids[] {
  if (!isRecord(answer)) return []
  return Object.entries(answer).flatMap(([name, value]) => {
    const wanted = Object.hasOwn(WHERE_FOUND, name) ? WHERE_FOUND[name] : undefined
    if (wanted === undefined) return []
    const entries: unknown[] = Array.isArray(value) ? value.slice(0, MAX_ENTRIES) : [value]
    return entries.filter(isRecord).flatMap((entry) => {
      const found = Object.entries(wanted).flatMap(([parameter, fields]) => {
        const id = fields.map((field) => toId(entry[field])).find((one) => one !== undefined)
        return id === undefined ? [] : [[parameter, id] as const]
      })
      if (found.length === 0) return []
      const ids = new Map([...known, ...found])
      // A release lists its files, by whose names they can be got.
      return [ids, ...(name === 'releases' ? findIds({ files: entry['files'] }, ids) : [])]
    })
  })
}

/** A list stands for its first entry, as that of an image's tags does. */
function toId(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value
  return (typeof one === 'string' && one !== '') || typeof one === 'number' ? String(one) : undefined
}

import type { RegistryAnswer, RegistryCall } from './call.js'
import { RegistryError } from './errors.js'
import type { RegistryStore } from './store.js'

/** OCI distribution specification, "Listing Tags": sorted, `n` and `last` walk through them, Link leads to the rest. */
export function handleTags(store: RegistryStore, { method, query }: RegistryCall, repository: string): RegistryAnswer {
  if (method !== 'GET') throw new RegistryError('UNSUPPORTED')
  const tags = store.listTags(repository)
  if (tags === undefined) throw new RegistryError('NAME_UNKNOWN', { details: [{ name: repository }] })
  const last = query.get('last') ?? ''
  const rest = tags.filter((tag) => tag > last)
  const page = rest.slice(0, parseCount(query.get('n')) ?? rest.length)
  const lastOnPage = page.at(-1)
  const body = { name: repository, tags: page }
  if (lastOnPage === undefined || page.length === rest.length) return { status: 200, body }
  const link = `</v2/${repository}/tags/list?n=${page.length}&last=${lastOnPage}>; rel="next"`
  return { status: 200, headers: { link }, body }
}

function parseCount(text: string | null): number | undefined {
  if (text === null) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new RegistryError('PAGINATION_NUMBER_INVALID', { details: [{ n: text }] })
  return Number(text)
}

import { isObject, type Contract } from './contract.js'
import type { JsonObject } from './state.js'

/**
 * Returns the specification of one version of the API: what the contract has of it, without the operations that an
 * instance serves but does not document.
 */
export function describeApi({ document }: Contract, version: 'v2' | 'v3'): JsonObject {
  const paths = Object.entries(document.paths as Record<string, JsonObject>)
    .filter(([template]) => template.startsWith(`/api/${version}/`))
    .map(([template, operations]) => [template, keepDocumented(operations)] as const)
    .filter(([, operations]) => Object.keys(operations).length > 0)
  const title = 'Bailo API'
  const info = { ...(document.info as JsonObject), title, version: version === 'v2' ? '2.0.0' : '3.0.0-beta' }
  return { ...document, info, paths: Object.fromEntries(paths) }
}

function keepDocumented(operations: JsonObject): JsonObject {
  const kept = Object.entries(operations).filter(
    ([, details]) => isObject(details) && details['x-undocumented'] !== true,
  )
  return Object.fromEntries(kept)
}

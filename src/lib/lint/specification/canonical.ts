import { isRecord } from '../../http/errors.js'

/** The order in which people expect these; everything else is sorted by name. */
const ORDERS: readonly (readonly string[])[] = [
  ['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'webhooks', 'components'],
  ['get', 'put', 'post', 'patch', 'delete', 'head', 'options', 'trace'],
  ['operationId', 'tags', 'summary', 'description', 'deprecated', 'parameters', 'requestBody', 'responses', 'security'],
  ['name', 'in', 'required'],
  ['$ref', 'type', 'title', 'description', 'format', 'enum', 'required', 'properties', 'items'],
]

/** Names whose values are data of the API, in which every order has a meaning. */
const DATA = new Set(['example', 'examples', 'default', 'const'])

/** Names whose values are maps from names that the API has chosen, so that these mean nothing in OpenAPI. */
const MAPS = new Set(['properties', 'patternProperties', 'paths', 'schemas', 'parameters', 'responses', 'headers'])

/**
 * Puts an OpenAPI document into an order that depends only on what it says: names are sorted, and so are lists in which
 * order means nothing. Two documents that say the same give the same text.
 */
export function toCanonical(document: unknown): unknown {
  return arrange(document, undefined, false)
}

/** @param isMap whether the names of the value were chosen by the API */
function arrange(value: unknown, name: string | undefined, isMap: boolean): unknown {
  if (Array.isArray(value)) {
    const list = value.map((entry) => arrange(entry, undefined, false))
    return name === undefined ? list : sortList(list, name)
  }
  if (!isRecord(value)) return value
  const names = Object.keys(value).sort(isMap ? compareNames : compareByOrder(value))
  return Object.fromEntries(
    names.map((key) => {
      if (isMap) return [key, arrange(value[key], undefined, false)]
      if (DATA.has(key)) return [key, value[key]]
      return [key, arrange(value[key], key, MAPS.has(key) && isRecord(value[key]))]
    }),
  )
}

/** Lists that stand for a set. The order of parameters means nothing either, but that of `oneOf` may. */
function sortList(list: readonly unknown[], name: string): readonly unknown[] {
  switch (name) {
    case 'required':
    case 'enum':
    case 'type':
      return sortBy(list, (entry) => JSON.stringify(entry))
    case 'tags':
      return sortBy(list, (entry) => (isRecord(entry) ? String(entry['name']) : String(entry)))
    case 'parameters':
      return sortBy(list, (entry) =>
        isRecord(entry) ? `${String(entry['in'])} ${String(entry['name'])} ${String(entry['$ref'])}` : '',
      )
    default:
      return list
  }
}

function sortBy(list: readonly unknown[], keyOf: (entry: unknown) => string): unknown[] {
  return [...list].sort((left, right) => compareNames(keyOf(left), keyOf(right)))
}

/** By code units and not by a language, so that the result is the same everywhere. */
function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** The order that fits best: the one with most of the object's names. */
function compareByOrder(value: Record<string, unknown>): (left: string, right: string) => number {
  const known = ORDERS.map((order) => ({ order, count: order.filter((name) => name in value).length }))
  const { order } = known.reduce((best, one) => (one.count > best.count ? one : best))
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return (left, right) => rank(left) - rank(right) || compareNames(left, right)
}

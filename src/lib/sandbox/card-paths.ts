import { isObject } from './contract.js'
import type { JsonObject } from './state.js'

/** Returns what a card says under a path such as `overview.modelSummary`; undefined when it says nothing there. */
export function readCardPath(metadata: JsonObject, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), metadata)
}

/** Returns the card with another value under the path; undefined takes away what is there. */
export function writeCardPath(metadata: JsonObject, path: string, value: unknown): JsonObject {
  const [key = '', ...rest] = path.split('.')
  const { [key]: present, ...others } = metadata
  if (rest.length > 0) {
    if (value === undefined && !isObject(present)) return metadata
    return { ...metadata, [key]: writeCardPath(isObject(present) ? present : {}, rest.join('.'), value) }
  }
  return value === undefined ? others : { ...metadata, [key]: value }
}

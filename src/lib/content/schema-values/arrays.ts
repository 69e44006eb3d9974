import { isDeepStrictEqual } from 'node:util'
import { numberOf, type Maker, type Making, type PartCompiler, type SchemaObject } from './maker.js'
import { UnsupportedError } from './unsupported.js'

/** Items more than the schema demands, at most. */
const MAX_MORE_ITEMS = 2
/** Values that are made for one place in a list of which no two are alike. */
const MAX_TRIES = 50

/** @throws UnsupportedError when the list must have items that cannot be made */
export function arrayMaker(
  compiler: PartCompiler,
  schema: SchemaObject,
  path: string,
  trail: readonly string[],
): Maker {
  const min = numberOf(schema, 'minItems', 0)
  const max = numberOf(schema, 'maxItems', Infinity)
  if (min > max) throw new UnsupportedError('has lengths that no list is within')
  const isUnique = schema['uniqueItems'] === true
  const makers = itemMakers(compiler, schema, path, trail, { min, max })
  if (makers === undefined) return () => []
  const { first, rest, last } = makers
  const least = Math.max(min, Math.min(1, max), first.length + (last ? 1 : 0))
  const most = rest === undefined ? least : Math.max(least, Math.min(max, least + MAX_MORE_ITEMS))
  return (making) => {
    const count = making.isShort ? least : making.random.integer(least, most)
    const items: unknown[] = []
    for (let index = 0; index < count; index++) {
      const make = index === count - 1 && last ? last : (first[index] ?? rest)
      if (make === undefined || !addItem(items, make, making, isUnique)) break
    }
    // A list that is too short, because there are not enough different items, is tried again by who asked for it.
    return items
  }
}

interface ItemMakers {
  /** For places of their own. */
  readonly first: readonly Maker[]
  /** For all places after them; undefined when there can be none. */
  readonly rest: Maker | undefined
  /** For the last place, where the schema wants a list to contain something. */
  readonly last: Maker | undefined
}

/** Undefined when the list is to be empty. */
function itemMakers(
  compiler: PartCompiler,
  schema: SchemaObject,
  path: string,
  trail: readonly string[],
  { min, max }: { min: number; max: number },
): ItemMakers | undefined {
  if (max === 0) return undefined
  const { items, contains, additionalItems } = schema
  const itemPath = `${path}[]`
  try {
    if (Array.isArray(items)) {
      const first = items.slice(0, max).map((item, index) => compiler.compile(item, `${path}[${index}]`, trail))
      const needsMore = min > first.length
      return {
        first,
        rest: needsMore ? compiler.compile(additionalItems ?? true, itemPath, trail) : undefined,
        last: undefined,
      }
    }
    const last =
      contains === undefined ? undefined : compiler.compile({ allOf: [items ?? true, contains] }, itemPath, trail)
    return { first: [], rest: compiler.compile(items ?? true, itemPath, trail), last }
  } catch (error) {
    if (!(error instanceof UnsupportedError) || min > 0) throw error
    compiler.leaveOut(itemPath, error, trail)
    return undefined
  }
}

/** False when no item was found that is not there already. */
function addItem(items: unknown[], make: Maker, making: Making, isUnique: boolean): boolean {
  for (let tries = 0; tries < (isUnique ? MAX_TRIES : 1); tries++) {
    const item = make(making)
    if (isUnique && items.some((other) => isDeepStrictEqual(item, other))) continue
    items.push(item)
    return true
  }
  return false
}

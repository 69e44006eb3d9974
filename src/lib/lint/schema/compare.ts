import { step } from '../specification/document.js'
import { followReference, saysNothing, shapeOf, type SchemaPlace, type Shape } from './shape.js'

export type Side = 'left' | 'right'

/** One way in which two schemas of the same value differ. */
export type Difference = {
  /** Where in the value: a JSON pointer in which `*` stands for each entry of a list or map. */
  readonly at: string
  readonly left: SchemaPlace
  readonly right: SchemaPlace
} & (
  | { readonly kind: 'property'; readonly name: string; readonly onlyIn: Side; readonly isRequired: boolean }
  | { readonly kind: 'required'; readonly name: string; readonly onlyIn: Side }
  /** Undefined for any type; each list has what the other has not. */
  | { readonly kind: 'types'; readonly onlyLeft: Names; readonly onlyRight: Names }
  /** Undefined for any value; each list has what the other has not, as JSON. */
  | { readonly kind: 'values'; readonly onlyLeft: Names; readonly onlyRight: Names }
)

type Names = readonly string[] | undefined

/** Deeper than any answer; combined schemas have no place of their own by which a circle could be told. */
const MAX_DEPTH = 40

/** Compares two schemas level by level. What one of them says nothing about is compared no further. */
export function* compareSchemas(left: SchemaPlace, right: SchemaPlace): Generator<Difference> {
  yield* compareAt({ left, right, at: '' }, new Set(), 0)
}

type Pair = Pick<Difference, 'left' | 'right' | 'at'>

function* compareAt(places: Pair, seen: Set<string>, depth: number): Generator<Difference> {
  const pair = { ...places, left: followReference(places.left), right: followReference(places.right) }
  const key = `${pair.left.pointer} ${pair.right.pointer}`
  if (seen.has(key) || depth > MAX_DEPTH) return
  seen.add(key)
  const [left, right] = [shapeOf(pair.left), shapeOf(pair.right)]
  const types = compareSets(left.types, right.types)
  if (types !== undefined) yield { ...pair, kind: 'types', ...types }
  if (saysNothing(left) || saysNothing(right) || areDisjoint(left.types, right.types)) return
  const values = compareSets(left.values, right.values)
  if (values !== undefined) yield { ...pair, kind: 'values', ...values }
  yield* compareProperties(pair, left, right)
  for (const [name, one] of left.properties) {
    const other = right.properties.get(name)
    if (other !== undefined) yield* compareAt({ left: one, right: other, at: step(pair.at, name) }, seen, depth + 1)
  }
  for (const inner of ['items', 'additional'] as const) {
    const [one, other] = [left[inner], right[inner]]
    if (one && other) yield* compareAt({ left: one, right: other, at: step(pair.at, '*') }, seen, depth + 1)
  }
}

function* compareProperties(pair: Pair, left: Shape, right: Shape): Generator<Difference> {
  for (const name of new Set([...left.properties.keys(), ...right.properties.keys()])) {
    const [inLeft, inRight] = [left.properties.has(name), right.properties.has(name)]
    const [onLeft, onRight] = [left.required.has(name), right.required.has(name)]
    if (inLeft && inRight) {
      if (onLeft !== onRight) yield { ...pair, kind: 'required', name, onlyIn: onLeft ? 'left' : 'right' }
    } else {
      const isRequired = onLeft || onRight
      yield { ...pair, kind: 'property', name, onlyIn: inLeft ? 'left' : 'right', isRequired }
    }
  }
}

/** A list and an object have nothing further to be compared. */
function areDisjoint(left: Shape['types'], right: Shape['types']): boolean {
  return left !== undefined && right !== undefined && ![...left].some((type) => right.has(type))
}

function compareSets(
  left: ReadonlySet<string> | undefined,
  right: ReadonlySet<string> | undefined,
): { onlyLeft: Names; onlyRight: Names } | undefined {
  if (left === undefined && right === undefined) return undefined
  if (left === undefined || right === undefined) return { onlyLeft: left && [...left], onlyRight: right && [...right] }
  const onlyLeft = [...left].filter((entry) => !right.has(entry))
  const onlyRight = [...right].filter((entry) => !left.has(entry))
  return onlyLeft.length + onlyRight.length === 0 ? undefined : { onlyLeft, onlyRight }
}

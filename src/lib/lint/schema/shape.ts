import { isRecord } from '../../http/errors.js'
import { step, type JsonObject, type SpecificationDocument } from '../specification/document.js'

/** A schema where it stands in a document, or several of which all or any hold for the same value. */
export interface SchemaPlace {
  readonly document: SpecificationDocument
  readonly value: unknown
  readonly pointer: string
  readonly combined?: { readonly mode: Mode; readonly parts: readonly SchemaPlace[] }
}

type Mode = 'all' | 'any'

/** One level of a schema with references, `allOf`, `oneOf` and `anyOf` worked in. */
export interface Shape {
  /** Undefined for any type. */
  readonly types: ReadonlySet<string> | undefined
  /** The values of an enumeration as JSON; undefined when there is none. */
  readonly values: ReadonlySet<string> | undefined
  readonly properties: ReadonlyMap<string, SchemaPlace>
  readonly required: ReadonlySet<string>
  readonly readOnly: ReadonlySet<string>
  /** Whether properties besides those described are taken; most schemas leave it unsaid. */
  readonly furtherProperties: 'yes' | 'no' | 'unsaid'
  /** The schema of properties that are not named. */
  readonly additional: SchemaPlace | undefined
  readonly items: SchemaPlace | undefined
}

const ANYTHING: Shape = {
  types: undefined,
  values: undefined,
  properties: new Map(),
  required: new Set(),
  readOnly: new Set(),
  furtherProperties: 'unsaid',
  additional: undefined,
  items: undefined,
}

/** Shapes by where their schema stands; what is being read counts as anything, which ends circles. */
const known = new WeakMap<SpecificationDocument, Map<string, Shape>>()

/** The place that a schema stands at which is nothing but a reference; any other one is where it is. */
export function followReference(place: SchemaPlace): SchemaPlace {
  const { document, value, pointer, combined } = place
  if (combined !== undefined || !isRecord(value) || typeof value['$ref'] !== 'string') return place
  if (Object.keys(value).length > 1 && !ignoresSiblings(document)) return place
  const target = document.resolve(value, pointer)
  return target === undefined ? place : { document, ...target }
}

/** In OpenAPI 3.0 whatever stands beside a reference is ignored. */
function ignoresSiblings({ openapi }: SpecificationDocument): boolean {
  return openapi.startsWith('3.0')
}

/** True when nothing is said about the value. */
export function saysNothing({ types, values, properties, items }: Shape): boolean {
  return types === undefined && values === undefined && properties.size === 0 && items === undefined
}

/** Reads one level of a schema; a circle of references in it counts as anything. */
export function shapeOf(place: SchemaPlace): Shape {
  const { document, pointer, combined, value } = place
  if (combined !== undefined) return combined.parts.map(shapeOf).reduce(combined.mode === 'all' ? all : any)
  if (!isRecord(value)) return ANYTHING
  const shapes = known.get(document) ?? new Map<string, Shape>()
  known.set(document, shapes)
  const before = shapes.get(pointer)
  if (before !== undefined) return before
  shapes.set(pointer, ANYTHING)
  const shape = readShape({ document, value, pointer })
  shapes.set(pointer, shape)
  return shape
}

function readShape(place: SchemaPlace & { value: JsonObject }): Shape {
  const { document, value, pointer } = place
  const shapes: Shape[] = []
  if (typeof value['$ref'] === 'string') {
    const target = document.resolve(value, pointer)
    if (target !== undefined) shapes.push(shapeOf({ document, ...target }))
    if (ignoresSiblings(document)) return shapes[0] ?? ANYTHING
  }
  shapes.push(readKeywords(place), ...partsOf(place, 'allOf'))
  for (const keyword of ['oneOf', 'anyOf']) {
    const parts = partsOf(place, keyword)
    if (parts.length > 0) shapes.push(parts.reduce(any))
  }
  return shapes.reduce(all)
}

function partsOf({ document, value, pointer }: SchemaPlace & { value: JsonObject }, keyword: string): Shape[] {
  const list = value[keyword]
  if (!Array.isArray(list)) return []
  return list.map((part, index) => shapeOf({ document, value: part, pointer: step(step(pointer, keyword), index) }))
}

function readKeywords({ document, value, pointer }: SchemaPlace & { value: JsonObject }): Shape {
  const at = (...names: string[]): string => names.reduce(step, pointer)
  const { properties, required, items, additionalProperties } = value
  const entries = isRecord(properties) ? Object.entries(properties) : []
  const values = readValues(value)
  return {
    types: readTypes(value),
    values,
    properties: new Map(
      entries.map(([name, entry]) => [name, { document, value: entry, pointer: at('properties', name) }]),
    ),
    required: new Set(Array.isArray(required) ? required.map(String) : []),
    readOnly: new Set(
      entries.filter(([, entry]) => isRecord(entry) && entry['readOnly'] === true).map(([name]) => name),
    ),
    furtherProperties: readFurtherProperties(value),
    additional: isRecord(additionalProperties)
      ? { document, value: additionalProperties, pointer: at('additionalProperties') }
      : undefined,
    items: items === undefined ? undefined : { document, value: items, pointer: at('items') },
  }
}

function readTypes(schema: JsonObject): Set<string> | undefined {
  const { type, nullable, properties, items } = schema
  const named = typeof type === 'string' ? [type] : Array.isArray(type) ? type.map(String) : []
  if (named.length === 0 && isRecord(properties)) named.push('object')
  if (named.length === 0 && items !== undefined) named.push('array')
  if (named.length === 0) {
    const { enum: values, const: single } = schema
    const given: unknown[] = Array.isArray(values) ? values : 'const' in schema ? [single] : []
    named.push(...given.map((value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)))
  }
  if (named.length === 0) return undefined
  return new Set(nullable === true ? [...named, 'null'] : named)
}

function readValues(schema: JsonObject): Set<string> | undefined {
  const { enum: values, const: single } = schema
  if (Array.isArray(values)) return new Set(values.map((value) => JSON.stringify(value)))
  return 'const' in schema ? new Set([JSON.stringify(single)]) : undefined
}

function readFurtherProperties({ additionalProperties, patternProperties }: JsonObject): Shape['furtherProperties'] {
  if (additionalProperties === true || isRecord(additionalProperties) || isRecord(patternProperties)) return 'yes'
  return additionalProperties === false ? 'no' : 'unsaid'
}

/** What holds when both hold. */
function all(left: Shape, right: Shape): Shape {
  return {
    types: intersect(left.types, right.types),
    values: intersect(left.values, right.values),
    properties: mergeProperties('all', left, right),
    required: new Set([...left.required, ...right.required]),
    readOnly: new Set([...left.readOnly, ...right.readOnly]),
    furtherProperties: first(['yes', 'no', 'unsaid'], left, right),
    additional: combine('all', left.additional, right.additional),
    items: combine('all', left.items, right.items),
  }
}

/** What holds when one of them holds. */
function any(left: Shape, right: Shape): Shape {
  const unite = <T>(one: ReadonlySet<T> | undefined, other: ReadonlySet<T> | undefined): ReadonlySet<T> | undefined =>
    one && other && new Set([...one, ...other])
  return {
    types: unite(left.types, right.types),
    values: unite(left.values, right.values),
    properties: mergeProperties('any', left, right),
    required: intersect(left.required, right.required) ?? new Set(),
    readOnly: new Set([...left.readOnly, ...right.readOnly]),
    furtherProperties: first(['yes', 'unsaid', 'no'], left, right),
    additional: combine('any', left.additional, right.additional),
    items: combine('any', left.items, right.items),
  }
}

function first(order: readonly Shape['furtherProperties'][], left: Shape, right: Shape): Shape['furtherProperties'] {
  return order.find((one) => [left.furtherProperties, right.furtherProperties].includes(one)) ?? 'unsaid'
}

function intersect<T>(one: ReadonlySet<T> | undefined, other: ReadonlySet<T> | undefined): ReadonlySet<T> | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return new Set([...one].filter((entry) => other.has(entry)))
}

function mergeProperties(mode: Mode, left: Shape, right: Shape): Map<string, SchemaPlace> {
  const merged = new Map(left.properties)
  for (const [name, schema] of right.properties) merged.set(name, combine(mode, merged.get(name), schema) ?? schema)
  return merged
}

function combine(mode: Mode, one: SchemaPlace | undefined, other: SchemaPlace | undefined): SchemaPlace | undefined {
  if (one === undefined || other === undefined) return one ?? other
  if (one.pointer === other.pointer && one.combined === undefined && other.combined === undefined) return one
  return { document: one.document, value: undefined, pointer: one.pointer, combined: { mode, parts: [one, other] } }
}

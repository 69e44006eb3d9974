/** Marks what JSON has no form for. An object of the data that has this key itself is marked as well. */
const TYPE = '$type'

type Tagged = 'undefined' | 'number' | 'object' | 'map' | 'set' | 'date' | 'bytes'

/**
 * Turns plain data into what JSON can hold: texts, numbers, booleans, null, undefined, lists, objects without a class, Map,
 * Set, Date and bytes, nested in any way. {@link decode} gives back an equal value; what was one object in two places
 * becomes two.
 *
 * @param onText called for each text that is a value
 * @throws TypeError for anything else, such as a function or an object of a class
 */
export function encode(value: unknown, onText: (text: string) => void = () => {}): unknown {
  const encodeInner = (inner: unknown): unknown => encode(inner, onText)
  if (typeof value === 'string') onText(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value
  if (value === undefined) return tag('undefined', null)
  if (typeof value === 'number') return tag('number', String(value))
  if (Array.isArray(value)) return value.map(encodeInner)
  if (value instanceof Map) return tag('map', [...value].map(encodeInner))
  if (value instanceof Set) return tag('set', [...value].map(encodeInner))
  if (value instanceof Date) return tag('date', encodeInner(value.getTime()))
  if (value instanceof Uint8Array) return tag('bytes', Buffer.from(value).toString('base64'))
  if (!isPlainObject(value)) throw new TypeError(`A snapshot cannot hold ${describeType(value)}`)
  const encoded = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encodeInner(inner)]))
  return Object.hasOwn(value, TYPE) ? tag('object', encoded) : encoded
}

/**
 * Undoes {@link encode}; bytes become a Buffer.
 *
 * @throws TypeError for a mark that it does not know
 */
export function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(decode)
  if (Object.hasOwn(value, TYPE)) return decodeTagged(value as { [TYPE]: Tagged; value: unknown })
  return decodeObject(value)
}

function decodeTagged({ [TYPE]: type, value }: { [TYPE]: Tagged; value: unknown }): unknown {
  switch (type) {
    case 'undefined':
      return undefined
    case 'number':
      return Number(value)
    case 'object':
      return decodeObject(value as object)
    case 'map':
      return new Map(decode(value) as [unknown, unknown][])
    case 'set':
      return new Set(decode(value) as unknown[])
    case 'date':
      return new Date(decode(value) as number)
    case 'bytes':
      return Buffer.from(value as string, 'base64')
    default:
      throw new TypeError(`A snapshot holds the unknown type ${String(type)}`)
  }
}

function decodeObject(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(inner)]))
}

function tag(type: Tagged, value: unknown): object {
  return { [TYPE]: type, value }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describeType(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : `a ${typeof value}`
}

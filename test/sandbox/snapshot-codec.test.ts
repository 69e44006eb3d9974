import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../src/lib/sandbox/snapshot-codec.js'

/** Through the text that ends up on disk. */
function roundTrip(value: unknown): unknown {
  return decode(JSON.parse(JSON.stringify(encode(value))))
}

describe('what a snapshot holds', () => {
  it.each<[string, unknown]>([
    ['scalars', ['', 'a', 0, -1.5, 1e300, true, false, null]],
    ['what JSON has no numbers for', [NaN, Infinity, -Infinity]],
    ['undefined, in lists and objects', { a: undefined, b: [undefined] }],
    ['maps with keys of any sort', new Map<unknown, unknown>([['a', 1], [2, new Map([[{ x: 1 }, new Set(['y'])]])]])], // prettier-ignore
    ['sets', new Set<unknown>(['a', new Set([1])])],
    ['dates, also impossible ones', [new Date('2026-11-22T17:31:48.195Z'), new Date(NaN)]],
    ['bytes', { bytes: Buffer.from([0, 255, 128]) }],
    ['objects that look like its own marks', { $type: 'map', value: [['a', 1]], inner: { $type: { $type: 1 } } }],
    ['the name of the prototype as a key', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
    ['text of any sort', ['\u0000', '\ud800', '\u2028', '"', 'Größe']],
  ])('comes back equal: %s', (_title, value) => {
    const back = roundTrip(value)
    expect(back).toStrictEqual(value)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('keeps the order of maps and of keys', () => {
    const back = roundTrip(new Map(['b', 'a', 'c'].map((key) => [key, { z: 1, a: 2 }]))) as Map<string, object>
    expect([...back.keys()]).toEqual(['b', 'a', 'c'])
    expect(Object.keys(back.get('b') ?? {})).toEqual(['z', 'a'])
  })

  it('is refused when it has behaviour', () => {
    class Scan {}
    expect(() => encode({ a: [new Scan()] })).toThrow(new TypeError('A snapshot cannot hold a Scan'))
    expect(() => encode(() => 1)).toThrow(TypeError)
    expect(() => encode(1n)).toThrow(TypeError)
    expect(() => encode(Symbol('x'))).toThrow(TypeError)
  })

  it('names each text that is a value', () => {
    const texts: string[] = []
    encode({ key: 'a', list: ['b'], map: new Map([['c', new Set(['d'])]]) }, (text) => texts.push(text))
    expect(texts).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is refused with a mark that nobody knows', () => {
    expect(() => decode({ $type: 'regexp', value: 'x' })).toThrow(TypeError)
  })
})

import { describe, expect, it } from 'vitest'
import { ListSplitter } from '../../src/lib/http/list-splitter.js'

/** Reads a document in chunks of one size. */
function split(text: string, chunkBytes: number): { elements: string[]; rest: string } {
  const bytes = Buffer.from(text)
  const elements: string[] = []
  const splitter = new ListSplitter('list', (element) => elements.push(element))
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const chunk = Buffer.from(bytes.subarray(start, start + chunkBytes))
    splitter.push(chunk)
    // What was pushed belongs to somebody else again.
    chunk.fill(0x21)
  }
  return { elements, rest: splitter.end() }
}

const ELEMENTS = [
  { a: 1, list: [1, 2, { b: '],}' }] },
  { text: 'quotes \\" and \\\\ and "list": [', nested: [[], [{}]] },
  'Größe, 模型 ] }',
  [1, [2], 3],
  null,
  -1.5e3,
  {},
]

describe.each([1, 2, 3, 7, 64, 100_000])('in chunks of %i bytes', (chunkBytes) => {
  it.each([undefined, 2])('finds every element and what is around them, indented by %s', (indent) => {
    const document = { before: [{ list: [1] }], list: ELEMENTS, after: { list: [2] }, 'not a list': 'x' }
    const { elements, rest } = split(JSON.stringify(document, undefined, indent), chunkBytes)
    expect(elements.map((text) => JSON.parse(text) as unknown)).toEqual(ELEMENTS)
    expect(JSON.parse(rest)).toEqual({ ...document, list: ELEMENTS.map(() => 0) })
  })

  it.each([
    ['{"list":[]}', '{"list":[]}'],
    ['{"list":null}', '{"list":null}'],
    ['{"other":[1]}', '{"other":[1]}'],
    ['{"not list":[1]}', '{"not list":[1]}'],
    ['[{"list":[1]}]', '[{"list":[1]}]'],
    ['', ''],
    ['\uFEFF{"list":[1]}', '{"list":[0]}'],
    // Of these the rest is no JSON either.
    ['{"list":[1,]}', '{"list":[0,]}'],
    ['{"list":[1', '{"list":[1'],
    ['{"list":[1]} x', '{"list":[0]} x'],
    ['{"list":[1],}', '{"list":[0],}'],
  ])('leaves of %j the rest %j', (text, rest) => {
    expect(split(text, chunkBytes).rest).toBe(rest)
  })

  it('hands on what is no JSON as one element', () => {
    expect(split('{"list":[{} {}, tru]}', chunkBytes).elements).toEqual(['{} {}', ' tru'].map((text) => text.trim()))
  })
})

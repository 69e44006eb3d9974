import { expect, it } from 'vitest'
import { fillPath } from '../../src/lib/api/paths.js'

const SIMPLE = '/api/v2/model/{modelId}/files/upload/simple'
const DOWNLOAD = '/api/v2/model/{modelId}/file/{fileId}/download'

it('fills in a template', () => {
  expect(fillPath(DOWNLOAD, { modelId: 'm-1', fileId: 'f' })).toBe('/api/v2/model/m-1/file/f/download')
})

it('escapes what would change the path', () => {
  expect(fillPath(DOWNLOAD, { modelId: 'a/b?c#d', fileId: '%2e $&' })).toBe(
    '/api/v2/model/a%2Fb%3Fc%23d/file/%252e%20%24%26/download',
  )
})

it('escapes a query, repeats lists and leaves out what is not there', () => {
  const path = fillPath(SIMPLE, { modelId: 'm' }, { name: '../a b?&=+ü', mime: undefined, tags: ['x', 'y'], n: 0 })
  const query = new URL(path, 'http://a').searchParams
  expect([...query]).toEqual([
    ['name', '../a b?&=+ü'],
    ['tags', 'x'],
    ['tags', 'y'],
    ['n', '0'],
  ])
})

it('has no query for an empty one', () => {
  expect(fillPath(SIMPLE, { modelId: 'm' }, { mime: undefined, tags: [] })).toBe('/api/v2/model/m/files/upload/simple')
})

it('refuses to leave a place open', () => {
  expect(() => fillPath(DOWNLOAD, { modelId: 'm' })).toThrow(/needs fileId/)
})

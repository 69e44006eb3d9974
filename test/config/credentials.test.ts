import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Credentials } from '../../src/lib/config/credentials.js'

const credentials = new Credentials('https://bailo.example.com', 'BAC_access', 'BSK_secret')

it('gives the header to requests to its own origin', () => {
  const header = credentials.authorizationFor(new URL('https://bailo.example.com/api/v2/models?x=1'))
  expect(header).toBe(`Basic ${Buffer.from('BAC_access:BSK_secret').toString('base64')}`)
})

it.each([
  ['another host', 'https://evil.example.com/'],
  ['a subdomain', 'https://bailo.example.com.evil.example.com/'],
  ['another port', 'https://bailo.example.com:8443/'],
  ['no encryption', 'http://bailo.example.com/'],
  ['the origin as user name', 'https://bailo.example.com@evil.example.com/'],
])('gives no header to %s', (_case, url) => {
  expect(credentials.authorizationFor(new URL(url))).toBeUndefined()
})

it.each([
  ['JSON', () => JSON.stringify({ credentials })],
  ['inspection', () => inspect({ credentials }, { depth: Infinity, showHidden: true })],
  ['property lists', () => [...Object.keys(credentials), ...Object.values<unknown>({ ...credentials })].join()],
  ['all own names', () => Reflect.ownKeys(credentials).map(String).join()],
])('does not show the keys in %s', (_case, show) => {
  expect(show()).not.toMatch(/BAC_access|BSK_secret/)
})

it('names the origin where it is printed', () => {
  expect(inspect(credentials)).toBe('Credentials(for https://bailo.example.com)')
  expect(JSON.stringify(credentials)).toBe('{"origin":"https://bailo.example.com"}')
})

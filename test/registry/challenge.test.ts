import { expect, it } from 'vitest'
import { ExitCode, ExpectedError } from '../../src/lib/errors.js'
import { parseChallenge } from '../../src/lib/registry/challenge.js'

const ORIGIN = 'https://bailo.example.com'
const REALM = `${ORIGIN}/api/v1/registry_auth`

it.each([
  ['as Bailo writes it', `Bearer realm="${REALM}",service="RegistryAuth",scope="repository:a/b:pull,push"`],
  ['with spaces, in any case', `bearer  Realm="${REALM}" , SERVICE="RegistryAuth"`],
  ['without quotes', `Bearer realm=${REALM},service=RegistryAuth`],
  ['with a path only', 'Bearer realm="/api/v1/registry_auth",service="RegistryAuth"'],
  ['with the default port', 'Bearer realm="https://bailo.example.com:443/api/v1/registry_auth",service="RegistryAuth"'],
])('reads a challenge %s', (_case, header) => {
  const challenge = parseChallenge(header, ORIGIN)
  expect(challenge?.realm.href).toBe(REALM)
  expect(challenge?.service).toBe('RegistryAuth')
})

it('reads a challenge without a service', () => {
  expect(parseChallenge(`Bearer realm="${REALM}"`, ORIGIN)?.service).toBeUndefined()
})

it.each([
  ['no header', null],
  ['another scheme', 'Basic realm="Registry"'],
  ['no realm', 'Bearer service="RegistryAuth"'],
  ['a realm that is no URL', 'Bearer realm="http://[x"'],
])('finds none in %s', (_case, header) => {
  expect(parseChallenge(header, ORIGIN)).toBeUndefined()
})

it.each([
  'https://evil.example.com/token',
  'http://bailo.example.com/token',
  'https://bailo.example.com:8443/token',
  '//evil.example.com/token',
  'https://bailo.example.com@evil.example.com/token',
])('refuses the realm %s, which is not of the origin', (realm) => {
  const parse = (): unknown => parseChallenge(`Bearer realm="${realm}",service="x"`, ORIGIN)
  expect(parse).toThrow(ExpectedError)
  expect(parse).toThrow(
    /^The registry at https:\/\/bailo\.example\.com asks to send the keys to \S+; they were not sent\.$/,
  )
  expect(parse).toThrow(expect.objectContaining({ exitCode: ExitCode.Unreachable }) as Error)
})

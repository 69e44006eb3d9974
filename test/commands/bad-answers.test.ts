import { describe, expect, it } from 'vitest'
import { json, startServer, type Reply, type ScriptedServer } from '../support/scripted-server.js'
import { ACCESS_KEY, BASIC, SECRET_KEY } from '../support/client.js'
import { runFailing } from './failures.js'

const HTML = { 'content-type': 'text/html; charset=utf-8' }
const SIGN_IN = { headers: HTML, body: '<html><head><title>Sign in</title></head></html>' }
const MODEL = json({ model: { id: 'from-ab12cd', name: 'From', kind: 'model' } })
const RELEASE = { semver: '1.0.0', notes: 'n', files: [], images: [] }

/** Starts a server that answers as told by method and path; anything else is 404. */
function serve(replies: Readonly<Record<string, Reply>>): Promise<ScriptedServer> {
  return startServer(({ method, url }) => replies[`${method} ${url.split('?')[0] ?? ''}`] ?? { status: 404 })
}

/** Clones from a server into a new model there. */
async function refuse(origin: string, exitCode: number, says: readonly (string | RegExp)[], ...args: string[]) {
  const env = { URL: origin, ACCESS_KEY, SECRET_KEY }
  return runFailing(['clone-releases', '--from', 'from-ab12cd', ...args], { exitCode, says }, { env })
}

function changing({ lines }: ScriptedServer): string[] {
  return lines.filter((line) => !line.startsWith('GET '))
}

describe('a server that cannot be reached', () => {
  it('is named with the reason', async () => {
    // Nothing listens on port 1, which is privileged.
    const { stdout } = await refuse('http://127.0.0.1:1', 3, [
      'no answer from http://127.0.0.1:1',
      'connection refused',
    ])
    expect(stdout).toBe('')
  })

  it('or breaks the connection is named with the reason', async () => {
    const server = await startServer(['reset'])
    await refuse(server.origin, 3, [`no answer from ${server.origin}`, 'URL is the address of a running Bailo'])
    expect(server.lines).toHaveLength(1)
  })

  it('by the scheme that was given is named', async () => {
    const { origin } = await startServer([])
    const url = origin.replace('http:', 'https:')
    await refuse(url, 3, [`no answer from ${url}`])
  })
})

describe('an answer that is none of Bailo', () => {
  const cases: [what: string, reply: Reply, says: string[]][] = [
    ['a page', SIGN_IN, ['not JSON', 'text/html', 'login page']],
    ['a page of an error', { ...SIGN_IN, status: 404 }, ['answered 404', 'an HTML page', 'Sign in']],
    ['null', json(null), ['does not fit the contract']],
    ['a list', json([]), ['does not fit the contract']],
    ['of the wrong types', json({ model: { id: 7, name: 'From', kind: 'model' } }), ['does not fit', '/model/id']],
    ['broken JSON', { ...json({}), body: '{"model":' }, ['not valid JSON']],
    ['empty', { ...json({}), body: '' }, ['empty answer']],
    ['a refusal without a word', { status: 500 }, ['answered 500', 'no explanation']],
  ]

  it.each(cases)('because it is %s ends with 3', async (_what, reply, says) => {
    const server = await serve({ 'GET /api/v2/model/from-ab12cd': reply })
    const { stdout } = await refuse(server.origin, 3, ['GET /api/v2/model/{modelId}', ...says])
    expect(stdout).toBe('')
    expect(server.lines).toEqual(['GET /api/v2/model/from-ab12cd'])
  })

  it('in the list of releases names the place', async () => {
    const server = await serve({
      'GET /api/v2/model/from-ab12cd': MODEL,
      'GET /api/v2/model/from-ab12cd/releases': json({ releases: [RELEASE, { ...RELEASE, files: 'none' }] }),
    })
    await refuse(server.origin, 3, ['GET /api/v2/model/{modelId}/releases', '/releases/1/files must be array'])
    expect(changing(server)).toEqual([])
  })

  it('to what makes something is not tried again', async () => {
    const server = await serve({
      'GET /api/v2/model/from-ab12cd': MODEL,
      'GET /api/v2/model/from-ab12cd/releases': json({ releases: [RELEASE] }),
      'POST /api/v2/models': { status: 502, headers: HTML, body: '<title>502 Bad Gateway</title>' },
    })
    // It may have been made, and nobody can look: another run has to go on there.
    const says = ['POST /api/v2/models answered 502', 'an HTML page (502 Bad Gateway)', 'proxy']
    await refuse(server.origin, 4, says, '--max-retries', '1', '--quiet')
    expect(changing(server)).toEqual(['POST /api/v2/models'])
  })

  it('has its control characters shown, not obeyed', async () => {
    const message = '\u001b[2Jgone\u202e\r\nError: fake'
    const server = await serve({ 'GET /api/v2/model/from-ab12cd': json({ error: { message } }, 400) })
    await refuse(server.origin, 2, ['\\u{1b}[2Jgone\\u{202e}\\u{d} Error: fake'])
  })
})

describe('keys', () => {
  it('do not follow a redirect to another origin', async () => {
    const other = await startServer([])
    const location = `${other.origin}/api/v2/model/from-ab12cd`
    const server = await serve({ 'GET /api/v2/model/from-ab12cd': { status: 302, headers: { location } } })
    await refuse(server.origin, 3, ['answered 302', `a redirect to ${location}`, 'set URL'])
    expect(server.requests[0]?.headers.authorization).toBe(BASIC)
    expect(other.lines).toEqual([])
  })

  it('do not follow the challenge of a registry to another origin', async () => {
    const other = await startServer([])
    const image = { repository: 'from-ab12cd', name: 'server', tag: '1' }
    const challenge = `Bearer realm="${other.origin}/api/v1/registry_auth",service="RegistryAuth"`
    const server = await serve({
      'GET /api/v2/model/from-ab12cd': MODEL,
      'GET /api/v2/model/from-ab12cd/releases': json({ releases: [{ ...RELEASE, images: [image] }] }),
      'GET /v2/': { status: 401, headers: { 'www-authenticate': challenge } },
    })
    await refuse(server.origin, 1, ['image server:1', `to send the keys to ${other.origin}`, 'not sent'])
    expect(other.lines).toEqual([])
    expect(changing(server)).toEqual([])
  })
})

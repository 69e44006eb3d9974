import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/lib/http/connection.js'
import { Authenticator } from '../../src/lib/registry/authenticator.js'
import { BASIC, failureOf, openConnection, readText } from '../support/client.js'
import { challengeReply, kindOf, TOKEN_PATH } from '../support/scripted-registry.js'
import { json, startServer, type ReceivedRequest, type Reply, type ScriptedServer } from '../support/scripted-server.js'

const READ = { method: 'GET', path: '/v2/<name>/tags/list' }
const SCOPE = 'repository:m/img:pull'

interface Replies {
  ping?: (count: number) => Reply
  token?: (count: number) => Reply
  content?: (request: ReceivedRequest, count: number) => Reply | Promise<Reply>
}

/** Starts a registry whose three kinds of answers can be replaced; each is given how many there were before. */
async function start({ ping, token, content }: Replies = {}): Promise<{
  server: ScriptedServer
  connection: Connection
}> {
  const counts = { ping: 0, token: 0, content: 0 }
  const server = await startServer((request) => {
    const kind = kindOf(request)
    const count = counts[kind]++
    if (kind === 'ping') return ping?.(count) ?? challengeReply(TOKEN_PATH)
    if (kind === 'token') return token?.(count) ?? json({ token: `token-${count}` })
    return content?.(request, count) ?? { body: 'fine' }
  })
  return { server, connection: openConnection(server.origin) }
}

function send(authenticator: Authenticator, scopes: readonly string[] = [SCOPE], url = '/v2/m/img/tags/list') {
  return authenticator.send(scopes, READ, { url, isRepeatable: true }, readText)
}

function of(kind: ReturnType<typeof kindOf>, { requests }: ScriptedServer): ReceivedRequest[] {
  return requests.filter((request) => kindOf(request) === kind)
}

describe('the token flow', () => {
  it('asks how to sign in, signs in with the keys, and goes on with the token alone', async () => {
    const { server, connection } = await start()
    expect(await send(new Authenticator(connection))).toBe('fine')
    expect(server.lines).toEqual([
      'GET /v2/',
      `GET ${TOKEN_PATH}?service=RegistryAuth&scope=repository%3Am%2Fimg%3Apull`,
      'GET /v2/m/img/tags/list',
    ])
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, 'Bearer token-0'])
  })

  it('names each of several scopes', async () => {
    const { server, connection } = await start()
    await send(new Authenticator(connection), ['repository:m/a:pull,push', 'repository:m/b:pull'])
    const query = new URL(of('token', server)[0]?.url ?? '', 'http://a').searchParams
    expect(query.getAll('scope')).toEqual(['repository:m/a:pull,push', 'repository:m/b:pull'])
  })

  it('asks once per set of scopes, also for requests at the same time', async () => {
    const { server, connection } = await start()
    const authenticator = new Authenticator(connection)
    await Promise.all([send(authenticator), send(authenticator), send(authenticator)])
    await send(authenticator)
    expect(of('token', server)).toHaveLength(1)
    await send(authenticator, ['repository:m/img:pull,push'])
    expect(of('token', server)).toHaveLength(2)
    expect(of('ping', server)).toHaveLength(1)
    expect(of('content', server).map(({ headers }) => headers.authorization)).toEqual([
      ...Array<string>(4).fill('Bearer token-0'),
      'Bearer token-1',
    ])
  })

  it('takes a token also under the name of OAuth 2', async () => {
    const { server, connection } = await start({ token: () => json({ access_token: 'other.name-1' }) })
    await send(new Authenticator(connection))
    expect(of('content', server)[0]?.headers.authorization).toBe('Bearer other.name-1')
  })

  it('does without a token where the registry does', async () => {
    const { server, connection } = await start({ ping: () => json({}) })
    await send(new Authenticator(connection))
    expect(server.lines).toEqual(['GET /v2/', 'GET /v2/m/img/tags/list'])
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })

  it('asks for a token without keys where there are none', async () => {
    const { server } = await start()
    await send(new Authenticator(openConnection(server.origin, { credentials: undefined })))
    expect(of('token', server)[0]?.headers.authorization).toBeUndefined()
  })

  it('keeps the query that the realm has', async () => {
    const { server, connection } = await start({ ping: () => challengeReply(`${TOKEN_PATH}?tenant=1`) })
    await send(new Authenticator(connection))
    expect(of('token', server)[0]?.url).toMatch(/\?tenant=1&service=RegistryAuth&scope=/)
  })
})

describe('a foreign realm', () => {
  it('gets neither keys nor any other request', async () => {
    const other = await startServer(() => json({ token: 'stolen' }))
    const { server, connection } = await start({ ping: () => challengeReply(`${other.origin}${TOKEN_PATH}`) })
    const error = await failureOf(send(new Authenticator(connection)))
    expect((error as Error).message).toContain(`asks to send the keys to ${other.origin}; they were not sent.`)
    expect(other.requests).toEqual([])
    expect(server.lines).toEqual(['GET /v2/'])
  })

  it('gets nothing by a redirect of the token endpoint either', async () => {
    const other = await startServer(() => json({ token: 'stolen' }))
    const { connection } = await start({ token: () => ({ status: 302, headers: { location: other.origin } }) })
    expect(await failureOf(send(new Authenticator(connection)))).toMatchObject({ status: 302 })
    expect(other.requests).toEqual([])
  })
})

describe('a token that is no longer taken', () => {
  const unlessToken = (good: string) => (request: ReceivedRequest) =>
    request.headers.authorization === `Bearer ${good}` ? { body: 'fine' } : challengeReply(TOKEN_PATH)

  it('is replaced once', async () => {
    const { server, connection } = await start({ content: unlessToken('token-1') })
    const authenticator = new Authenticator(connection)
    expect(await send(authenticator)).toBe('fine')
    expect(await send(authenticator)).toBe('fine')
    expect(of('token', server)).toHaveLength(2)
    expect(of('content', server).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-0',
      'Bearer token-1',
      'Bearer token-1',
    ])
  })

  it('is replaced once for requests at the same time', async () => {
    let expired = 0
    let release: (() => void) | undefined
    const allHere = new Promise<void>((resolve) => (release = resolve))
    const { server, connection } = await start({
      content: async (request) => {
        if (request.headers.authorization !== 'Bearer token-0') return { body: 'fine' }
        if (++expired === 3) release?.()
        await allHere
        return challengeReply(TOKEN_PATH)
      },
    })
    const authenticator = new Authenticator(connection)
    expect(await Promise.all([1, 2, 3].map(() => send(authenticator)))).toEqual(['fine', 'fine', 'fine'])
    expect(of('token', server)).toHaveLength(2)
  })

  it('is given up on when a new one is refused as well', async () => {
    const { server, connection } = await start({
      content: () => json({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, 401),
    })
    expect(await failureOf(send(new Authenticator(connection)))).toMatchObject({
      status: 401,
      message: 'GET /v2/<name>/tags/list answered 401: UNAUTHORIZED: authentication required',
    })
    expect(of('content', server)).toHaveLength(2)
    expect(of('token', server)).toHaveLength(2)
  })
})

describe('a failure to sign in', () => {
  it.each([
    [401, 'UNAUTHORIZED', 'Could not find token'],
    [403, 'DENIED', 'This token is missing the required action: image:write'],
  ])('with status %i is told as the server puts it, and not repeated', async (status, code, message) => {
    const { server, connection } = await start({ token: () => json({ errors: [{ code, message }] }, status) })
    expect(await failureOf(send(new Authenticator(connection)))).toMatchObject({
      status,
      message: `GET ${TOKEN_PATH} answered ${status}: ${code}: ${message}`,
    })
    expect(server.requests).toHaveLength(2)
  })

  it('is not kept for the next request', async () => {
    const { server, connection } = await start({
      token: (count) => (count === 0 ? { status: 403 } : json({ token: 't' })),
    })
    const authenticator = new Authenticator(connection)
    await failureOf(send(authenticator))
    expect(await send(authenticator)).toBe('fine')
    expect(of('token', server)).toHaveLength(2)
  })

  it('for want of a registry is not kept for the next request', async () => {
    const { server, connection } = await start({
      ping: (count) => (count === 0 ? { status: 500 } : challengeReply(TOKEN_PATH)),
    })
    const authenticator = new Authenticator(connection)
    expect(await failureOf(send(authenticator))).toMatchObject({ status: 500 })
    expect(await send(authenticator)).toBe('fine')
    expect(of('ping', server)).toHaveLength(2)
  })

  it.each([200, 401])('says that a page with status %i is no registry', async (status) => {
    const page = { status, headers: { 'content-type': 'text/html' }, body: '<title>Log in</title>' }
    const { connection } = await start({ ping: () => page })
    const error = await failureOf(send(new Authenticator(connection)))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((error as Error).message).toContain('there is no registry at this address')
  })

  it.each([
    ['a page', { body: '<html>' }],
    ['no token', json({})],
    ['null', json(null)],
    ['a token that is no text', json({ token: 1 })],
    ['an empty token', json({ token: '' })],
    ['a token that would break the header', json({ token: 'a\r\nx: y' })],
    ['a token without end', json({ token: 'x'.repeat(70_000) })],
  ])('is %s in the place of a token', async (_case, reply) => {
    const { server, connection } = await start({ token: () => reply })
    const error = await failureOf(send(new Authenticator(connection)))
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError' })
    expect((error as Error).message).toContain('holds no usable registry token')
    expect(of('content', server)).toEqual([])
  })
})

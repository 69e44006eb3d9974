import { describe, expect, it } from 'vitest'
import { bodyOf } from '../../src/lib/api/client.js'
import { ExitCode } from '../../src/lib/errors.js'
import { BASIC, failureOf, openInstance } from '../support/client.js'
import { bailoError, json, startServer, type Reply } from '../support/scripted-server.js'

const MODEL = '/api/v2/model/{modelId}'
const params = { path: { modelId: 'a b/../c' } }

/** Reads a model from a server that replies so. */
async function readModel(...replies: Reply[]) {
  const server = await startServer(replies)
  const { json: client } = openInstance(server.origin)
  const outcome: unknown = await bodyOf(client.GET(MODEL, { params })).catch((error: unknown) => error)
  return { server, outcome }
}

describe('a call', () => {
  it('carries keys and user agent, and escapes what it puts into the path', async () => {
    const { server, outcome } = await readModel(json({ model: { id: 'x' } }))
    expect(outcome).toEqual({ model: { id: 'x' } })
    expect(server.lines).toEqual(['GET /api/v2/model/a%20b%2F..%2Fc'])
    expect(server.requests[0]?.headers).toMatchObject({ authorization: BASIC, 'user-agent': 'bailo-exp/test' })
  })

  it('carries no keys to an instance without', async () => {
    const server = await startServer([json({})])
    await openInstance(server.origin, { credentials: undefined }).json.GET(MODEL, { params })
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })

  it('sends its body as JSON of a known length', async () => {
    const server = await startServer([json({ model: {} })])
    const body = { name: 'Größe', description: 'd', kind: 'model', visibility: 'public' } as const
    await openInstance(server.origin).json.POST('/api/v2/models', { body })
    const [request] = server.requests
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual(body)
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(JSON.stringify(body))),
      authorization: BASIC,
    })
  })

  it('sends the same body again', async () => {
    const server = await startServer([bailoError(503, 'busy'), json({ model: {} })])
    const body = { name: 'n', description: 'd', kind: 'model', visibility: 'public' } as const
    await openInstance(server.origin).json.POST('/api/v2/models', { body })
    expect(server.requests.map((request) => request.body.toString())).toEqual(Array(2).fill(JSON.stringify(body)))
  })

  it('takes all of a long answer in any language', async () => {
    const model = { id: 'x', name: '模型'.repeat(200_000) }
    expect((await readModel(json({ model }))).outcome).toEqual({ model })
  })

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const server = await startServer(() => {
      controller.abort(reason)
      return 'silence'
    })
    const call = openInstance(server.origin).json.GET(MODEL, { params, signal: controller.signal })
    expect(await failureOf(call)).toBe(reason)
  })
})

describe('an error', () => {
  it('is thrown with method, path template, status, message and details', async () => {
    const context = { errors: [{ path: ['body', 'x'], message: 'Required' }] }
    const { outcome } = await readModel(bailoError(400, 'Path: body.x', context))
    expect(outcome).toMatchObject({
      name: 'ResponseError',
      message: 'GET /api/v2/model/{modelId} answered 400: Path: body.x',
      operation: { method: 'GET', path: MODEL },
      status: 400,
      serverMessage: 'Path: body.x',
      details: ['body.x: Required'],
    })
  })

  it('is thrown for an answer without a body', async () => {
    const { outcome } = await readModel({ status: 500 })
    expect(outcome).toMatchObject({ name: 'ResponseError', status: 500, serverMessage: 'no explanation' })
  })

  it('is thrown for the page of a proxy', async () => {
    const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<title>nginx</title>' }
    const { outcome } = await readModel(page)
    expect(outcome).toMatchObject({ status: 404, exitCode: ExitCode.Unreachable })
  })

  it('is thrown for a lost connection after a read was tried again', async () => {
    const { outcome, server } = await readModel(bailoError(503, 'busy'), ...Array<Reply>(5).fill('reset'))
    expect(outcome).toMatchObject({ name: 'ConnectionError' })
    // Which of the two it is depends on what the socket was doing.
    expect((outcome as Error).message).toMatch(
      /^GET \/api\/v2\/model\/\{modelId\}: no answer from http:\S+ \(the connection was (reset|closed by the other side)\)\.$/,
    )
    expect(server.requests).toHaveLength(6)
  })
})

describe('an answer with status 200', () => {
  const typed = (contentType: string, body: string): Reply => ({ headers: { 'content-type': contentType }, body })

  it.each([
    ['a login page', typed('text/html; charset=utf-8', '<title>Log in</title>'), 'not JSON (text/html; charset=utf-8)'],
    ['JSON under another type', typed('text/plain', '{"model":{}}'), 'not JSON (text/plain)'],
    ['no type', { body: '{}' }, 'not JSON (no content type)'],
    ['a type that acts on the terminal', typed('text/\x9b31m', ''), 'not JSON (text/\\u{9b}31m)'],
    ['no body', typed('application/json', ''), 'an empty answer with status 200'],
    ['broken JSON', typed('application/json', '{"model":'), 'not valid JSON'],
  ])('but %s is refused and not asked for again', async (_case, reply, message) => {
    const { outcome, server } = await readModel(reply)
    expect(outcome).toMatchObject({ name: 'UnexpectedAnswerError', exitCode: ExitCode.Unreachable })
    expect((outcome as Error).message).toMatch(/^GET \/api\/v2\/model\/\{modelId\}: /)
    expect((outcome as Error).message).toContain(message)
    expect(server.requests).toHaveLength(1)
  })

  it('and an empty body under 204 is refused too', async () => {
    const { outcome } = await readModel({ status: 204 })
    expect(outcome).toMatchObject({ name: 'UnexpectedAnswerError' })
  })

  it('is asked for again when it breaks off', async () => {
    const whole = json({ model: { id: 'x' } })
    const { outcome, server } = await readModel({ ...whole, cutAfterBytes: 5 }, whole)
    // The first contact counts once the status has arrived.
    expect(outcome).toEqual({ model: { id: 'x' } })
    expect(server.requests).toHaveLength(2)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, matching, TestSandbox } from './client.js'

let server: TestSandbox
let modelId: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModel()
})
afterAll(() => server.close())

const SCHEMA = 'minimal-access-request-general-v10'

describe('access requests', () => {
  const metadata = { overview: { name: 'Me too', entities: ['user:user'] } }

  test('are created and listed', async () => {
    const path = `/api/v2/model/${modelId}/access-requests`
    expect((await server.get(path)).body).toEqual({ accessRequests: [] })
    const { status, body } = await server.post(path, { schemaId: SCHEMA, metadata })
    expect(status).toBe(200)
    expect(body.accessRequest).toMatchObject({
      id: matching(/^me-too-[a-z0-9]{6}$/),
      modelId,
      schemaId: SCHEMA,
      metadata,
      createdBy: 'user',
    })
    expect((await server.get(path)).body).toEqual({ accessRequests: [body.accessRequest] })
  })

  test.each([
    [{ schemaId: 'nope', metadata }, 404, 'The requested schema was not found.'],
    [
      { schemaId: SCHEMA, metadata: { overview: { ...metadata.overview, bogus: 1 } } },
      400,
      'Access Request Metadata could not be validated against the schema.',
    ],
    [
      { schemaId: SCHEMA, metadata: { overview: { name: 'x', entities: [] } } },
      400,
      'Path: body.metadata.overview.entities - Message: Array must contain at least 1 element(s)',
    ],
    [{ schemaId: SCHEMA }, 400, 'Path: body.metadata - Message: Required'],
  ])('are refused as %#', async (request, status, message) => {
    const answer = await server.post(`/api/v2/model/${modelId}/access-requests`, request)
    expect([answer.status, answer.body.error.message]).toEqual([status, message])
  })

  test('need the right to write', async () => {
    const keys = await server.createToken(['model:read'])
    const path = `/api/v2/model/${modelId}/access-requests`
    const { status, body } = await server.post(path, { schemaId: SCHEMA, metadata }, { keys })
    expect(status).toBe(403)
    const context = { userDn: 'user', accessRequestId: matching(/^me-too-/) }
    expect(body).toEqual(bailoError('This token is missing the required action: access_request:write', context))
  })
})

describe('webhooks', () => {
  test('are created and listed', async () => {
    const path = `/api/v2/model/${modelId}/webhooks`
    const webhook = { name: 'w', uri: 'http://127.0.0.1:1/', events: ['createRelease'], insecureSSL: true }
    const { status, body } = await server.post(path, webhook)
    expect(status).toBe(200)
    expect(body.webhook).toMatchObject({
      ...webhook,
      modelId,
      active: true,
      id: matching(/^w-[a-z0-9]{6}$/),
    })
    expect(body.webhook).not.toHaveProperty('token')
    expect((await server.get(path)).body).toEqual({ webhooks: [body.webhook] })
  })

  test('are refused for events that do not exist', async () => {
    const webhook = { name: 'w', uri: 'http://127.0.0.1:1/', events: ['sunrise'] }
    const { status, body } = await server.post(`/api/v2/model/${modelId}/webhooks`, webhook)
    expect(status).toBe(400)
    expect(body.error.message).toMatch(/^Path: body\.events\[0\] - Message: Invalid enum value\./)
  })
})

describe('what the sandbox has none of', () => {
  test('is an empty list', async () => {
    expect((await server.get('/api/v2/filescanning/info')).body).toEqual({ scanners: [] })
    const { body, headers } = await server.get('/api/v2/reviews?mine=true')
    expect(body).toEqual({ reviews: [] })
    expect(headers.get('x-count')).toBe('0')
  })
})

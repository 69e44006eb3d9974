import { afterAll, beforeAll, expect, test } from 'vitest'
import { bailoError, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

test('an unknown action is refused with all actions there are, one of them twice', async () => {
  const options = [
    ...['image:read', 'model:read', 'model:write', 'model:export', 'release:read', 'release:write', 'release:export'],
    ...['access_request:read', 'access_request:write', 'file:read', 'file:write', 'image:read', 'image:write'],
    ...['schema:write', 'reviewRole:write', 'reviewRole:read'],
  ]
  const details = { description: 't', scope: 'all', modelIds: [], actions: ['fly:now'] }
  const { status, body } = await server.post('/api/v2/user/tokens', details)
  expect(status).toBe(400)
  const message = `Invalid enum value. Expected '${options.join(`' | '`)}', received 'fly:now'`
  const issue = { received: 'fly:now', code: 'invalid_enum_value', options, path: ['body', 'actions', 0], message }
  expect(body).toEqual(bailoError(`Path: body.actions[0] - Message: ${message}`, { errors: [issue] }))
})

test('a token may have no actions, and may then do nothing', async () => {
  const modelId = await server.createModelWithCard()
  const keys = await server.createToken([])
  const { status, body } = await server.get(`/api/v2/model/${modelId}`, { keys })
  expect(status).toBe(403)
  expect(body).toEqual(bailoError('This token is missing the required action: model:read', { userDn: 'user', modelId }))
})

test('only the newer version of the API shows the token, and never its secret', async () => {
  const keys = await server.createToken(['model:read'])
  const { body: older } = await server.get('/api/v2/entities/me', { keys })
  expect(older.user).not.toHaveProperty('systemRoles')
  const { body: newer, text } = await server.get('/api/v3/entities/me', { keys })
  const { body: listed } = await server.get('/api/v2/user/tokens')
  const listedToken = listed.tokens.find(({ accessKey }) => accessKey === keys.accessKey)
  expect(listedToken).not.toHaveProperty('secretKey')
  // The server shows what it keeps of the secret here.
  expect(newer.user.token).toMatchObject({ ...listedToken, secretKey: expect.any(String) as unknown })
  expect(text).not.toContain(keys.secretKey)
})

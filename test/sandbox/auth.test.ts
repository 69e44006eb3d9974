import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, basic, matching, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const ALL_ACTIONS = [
  ...['model:read', 'model:write', 'model:export', 'release:read', 'release:write', 'release:export'],
  ...['access_request:read', 'access_request:write', 'file:read', 'file:write', 'image:read', 'image:write'],
  ...['schema:write', 'reviewRole:write', 'reviewRole:read'],
]

function failure(error: object, url = '/models/search'): object {
  return bailoError('Failed to get token from auth header', { error, url })
}

describe('authentication', () => {
  test('without a header the caller is the user in person', async () => {
    expect((await server.get('/api/v2/entities/me')).body).toEqual({ user: { dn: 'user', isAdmin: true } })
    expect((await server.get('/api/v3/entities/me')).body).toEqual({
      user: { dn: 'user', systemRoles: ['admin', 'compliance', 'untrusted-model'] },
    })
  })

  test('the token that comes with the sandbox may do everything', async () => {
    const { status, body } = await server.get('/api/v3/entities/me', { keys: server.sandbox })
    expect(status).toBe(200)
    const { token } = body.user
    expect(server.sandbox.accessKey).toMatch(/^BAC_[0-9A-Z]{8}$/)
    expect(server.sandbox.secretKey).toMatch(/^BSK_/)
    expect(token).toMatchObject({ accessKey: server.sandbox.accessKey, scope: 'all', actions: ALL_ACTIONS })
    expect(JSON.stringify(body)).not.toContain(server.sandbox.secretKey)
  })

  test.each([
    [
      'Bearer something',
      {
        message: "Incorrect authorization type, should be 'basic'",
        name: 'Bailo Error',
        code: 400,
        context: { method: 'Bearer' },
      },
    ],
    [
      `Basic ${Buffer.from('garbage').toString('base64')}`,
      { message: 'Access key and secret key were not provided.', name: 'Bailo Error', code: 400 },
    ],
    ['Basic', { code: 'ERR_INVALID_ARG_TYPE' }],
    [
      basic({ accessKey: 'BAC_NOBODY00', secretKey: 'BSK_x' }),
      { message: 'Could not find token', name: 'Bailo Error', code: 404, context: { accessKey: 'BAC_NOBODY00' } },
    ],
  ])('the header %j is refused', async (authorization, cause) => {
    const answer = await server.get('/api/v2/models/search', { headers: { authorization } })
    expect(answer.status).toBe(401)
    expect(answer.body).toEqual(failure(cause))
  })

  test('a wrong secret is refused', async () => {
    const { accessKey } = server.sandbox
    const answer = await server.get('/api/v2/system/status', { keys: { accessKey, secretKey: 'BSK_wrong' } })
    expect(answer.status).toBe(401)
    const cause = { message: 'Invalid secret key', name: 'Bailo Error', code: 401, context: { accessKey } }
    expect(answer.body).toEqual(failure(cause, '/system/status'))
  })
})

describe('tokens', () => {
  const asking = { description: 'mine', scope: 'all', modelIds: [], actions: ['model:read'] }

  test('are created with a secret that is shown once', async () => {
    const created = await server.post('/api/v2/user/tokens', asking)
    expect(created.status).toBe(200)
    const { secretKey, ...rest } = created.body.token
    expect(rest).toEqual({
      ...asking,
      user: 'user',
      accessKey: matching(/^BAC_[0-9A-Z]{8}$/),
      hashMethod: 'argon2',
      _id: SOME_ID,
      deleted: false,
      deletedBy: '',
      deletedAt: '',
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
      __v: 0,
    })
    const listed = await server.get('/api/v2/user/tokens')
    expect(listed.body.tokens).toContainEqual(rest)
    expect(listed.text).not.toContain(secretKey)
  })

  test('list what they can be allowed', async () => {
    const { body } = await server.get('/api/v2/user/tokens/list')
    expect(body.tokenActionMap.map(({ id }) => id)).toEqual(ALL_ACTIONS)
  })

  test('do not work any more once they are deleted', async () => {
    const keys = await server.createToken(['model:read'])
    expect((await server.get('/api/v2/models/search', { keys })).status).toBe(200)
    const deleted = await server.delete(`/api/v2/user/token/${keys.accessKey}`)
    expect(deleted.body).toEqual({ message: 'Successfully removed access key.' })
    expect((await server.get('/api/v2/models/search', { keys })).status).toBe(401)
    const again = await server.delete(`/api/v2/user/token/${keys.accessKey}`)
    expect(again.status).toBe(404)
  })

  test('cannot create tokens', async () => {
    const { accessKey } = server.sandbox
    const answer = await server.post('/api/v2/user/tokens', asking, { keys: server.sandbox })
    expect(answer.status).toBe(403)
    expect(answer.body).toEqual(bailoError('A token cannot be used to create another token', { accessKey }))
  })

  test('are not created for a model that does not exist', async () => {
    const answer = await server.post('/api/v2/user/tokens', { ...asking, scope: 'models', modelIds: ['nope'] })
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual(bailoError('The requested entry was not found.', { modelId: 'nope' }))
  })

  test('are refused for an action that does not exist', async () => {
    const answer = await server.post('/api/v2/user/tokens', { ...asking, actions: ['model:read', 'nope:read'] })
    expect(answer.status).toBe(400)
    const [issue] = answer.body.error.context.errors
    expect(issue).toMatchObject({ code: 'invalid_enum_value', received: 'nope:read', path: ['body', 'actions', 1] })
    expect([...new Set(issue?.options)].sort()).toEqual([...ALL_ACTIONS].sort())
    expect(answer.body.error.message).toMatch(
      /^Path: body\.actions\[1\] - Message: Invalid enum value\. Expected '.*' \| '.*', received 'nope:read'$/,
    )
  })

  test('name everything that is missing, in the order of the server', async () => {
    const answer = await server.post('/api/v2/user/tokens', { scope: 'all' })
    expect(answer.status).toBe(400)
    const issue = (expected: string, key: string) => ({
      code: 'invalid_type',
      expected,
      received: 'undefined',
      path: ['body', key],
      message: 'Required',
    })
    expect(answer.body).toEqual(
      bailoError(
        'Path: body.description - Message: Required | Path: body.modelIds - Message: Required | ' +
          'Path: body.actions - Message: Required',
        { errors: [issue('string', 'description'), issue('array', 'modelIds'), issue('array', 'actions')] },
      ),
    )
  })
})

describe('the scope and the actions of a token', () => {
  test('limit it to its models', async () => {
    const [mine, other] = [await server.createModel(), await server.createModel()]
    const keys = await server.createToken(ALL_ACTIONS, [mine])
    expect((await server.get(`/api/v2/model/${mine}`, { keys })).status).toBe(200)
    const refused = await server.get(`/api/v2/model/${other}`, { keys })
    expect(refused.status).toBe(403)
    const context = { userDn: 'user', modelId: other }
    expect(refused.body).toEqual(bailoError('This token may not be used for this model', context))
    const found = await server.get('/api/v2/models/search', { keys })
    expect(found.body.models.map(({ id }) => id)).toEqual([mine])
    const created = await server.post('/api/v2/models', { name: 'x', kind: 'model', description: 'd' }, { keys })
    expect(created.status).toBe(403)
  })

  test.each([
    ['GET', '', undefined, 'model:read', ['file:read']],
    ['PATCH', '', { description: 'x' }, 'model:write', ['model:read']],
    ['DELETE', '', undefined, 'model:write', ['model:read']],
    ['POST', '/setup/from-schema', { schemaId: 'minimal-general-v10' }, 'model:write', ['model:read']],
    ['PUT', '/model-cards', { metadata: {} }, 'model:write', ['model:read']],
    ['GET', '/images', undefined, 'image:read', ['model:read']],
    ['POST', '/files/upload/multipart/start', { name: 'f', size: 1 }, 'file:write', ['model:read']],
  ])('are needed for %s model%s', async (method, path, body, missing, actions) => {
    const modelId = await server.createModelWithCard()
    const keys = await server.createToken(actions)
    const answer = await server.send(method, `/api/v2/model/${modelId}${path}`, body && JSON.stringify(body), {
      keys,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(403)
    expect(answer.body.error.message).toBe(`This token is missing the required action: ${missing}`)
    expect(answer.body.error.context.userDn).toBe('user')
  })

  test('are told by the permissions of a model', async () => {
    const modelId = await server.createModel()
    const path = `/api/v2/model/${modelId}/permissions/mine`
    const all = await server.get(path, { keys: server.sandbox })
    expect(all.body.permissions).toEqual({
      editEntry: { hasPermission: true },
      editEntryCard: { hasPermission: true },
      createRelease: { hasPermission: true },
      editRelease: { hasPermission: true },
      deleteRelease: { hasPermission: true },
      pushModelImage: { hasPermission: true },
      createInferenceService: { hasPermission: true },
      editInferenceService: { hasPermission: true },
      exportMirroredModel: { hasPermission: true },
    })
    const some = await server.get(path, { keys: await server.createToken(['model:read', 'model:write']) })
    expect(some.body.permissions).toMatchObject({
      editEntry: { hasPermission: true },
      createRelease: { hasPermission: false, info: 'This token is missing the required action: release:write' },
      pushModelImage: { hasPermission: false, info: 'This token is missing the required action: image:write' },
    })
  })

  test('are asked of a release only after everything else has been checked', async () => {
    const modelId = await server.createModelWithCard()
    const keys = await server.createToken(['model:read', 'release:read', 'file:read', 'image:read'])
    const invalid = await server.createRelease(modelId, 'nonsense', {}, { keys })
    expect(invalid.status).toBe(400)
    const valid = await server.createRelease(modelId, '1.0.0', {}, { keys })
    expect(valid.status).toBe(403)
    expect(valid.body).toEqual(
      bailoError('This token is missing the required action: release:write', { userDn: 'user', modelId }),
    )
  })

  test('hide what they do not allow to read from lists', async () => {
    const modelId = await server.createModelWithCard()
    await server.upload(modelId, 'f', 'x')
    await server.createRelease(modelId, '1.0.0')
    const keys = await server.createToken(['model:read'])
    expect((await server.get(`/api/v2/model/${modelId}/files`, { keys })).body).toEqual({ files: [] })
    expect((await server.get(`/api/v2/model/${modelId}/releases`, { keys })).body).toEqual({ releases: [] })
    const release = await server.get(`/api/v2/model/${modelId}/release/1.0.0`, { keys })
    expect(release.status).toBe(403)
  })
})

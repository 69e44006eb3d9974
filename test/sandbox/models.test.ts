import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, matching, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const NEW = { name: 'x', kind: 'model', description: 'd' }
const KINDS = `'model' | 'data-card' | 'mirrored-model' | 'untrusted-model' | 'mirrored-data-card'`

describe('creating a model', () => {
  test('fills in what was left out', async () => {
    const { status, body } = await server.post('/api/v2/models', { ...NEW, name: 'My Model' })
    expect(status).toBe(200)
    expect(body).toEqual({
      model: {
        id: matching(/^my-model-[a-z0-9]{6}$/),
        name: 'My Model',
        kind: 'model',
        description: 'd',
        organisation: '',
        state: '',
        tags: [],
        collaborators: [{ entity: 'user:user', roles: ['owner'], _id: SOME_ID }],
        settings: { ungovernedAccess: false, allowTemplating: false },
        visibility: 'public',
        _id: SOME_ID,
        deleted: false,
        deletedBy: '',
        deletedAt: '',
        createdAt: body.model.updatedAt,
        updatedAt: new Date(body.model.updatedAt).toISOString(),
        __v: 0,
      },
    })
  })

  test('takes everything that can be given, and lower-cases tags', async () => {
    const details = {
      organisation: 'Example Organisation',
      state: 'Development',
      visibility: 'private',
      settings: { ungovernedAccess: true, allowTemplating: true },
    }
    const collaborators = [{ entity: 'user:user', roles: ['owner', 'msro', 'mtr'] }]
    const { body } = await server.post('/api/v2/models', {
      ...NEW,
      ...details,
      tags: ['Foo-Bar', 'baz'],
      collaborators,
    })
    expect(body.model).toMatchObject({ ...details, tags: ['foo-bar', 'baz'], collaborators })
  })

  test.each([
    ['   ', /^----[a-z0-9]{6}$/],
    ['Ünïcode & Co 7', /^ncode--co-7-[a-z0-9]{6}$/],
    ['N'.repeat(3000), /^n{128}-[a-z0-9]{6}$/],
  ])('makes an id out of the name %j', async (name, id) => {
    const { body } = await server.post('/api/v2/models', { ...NEW, name })
    expect(body.model.name).toBe(name)
    expect(body.model.id).toMatch(id)
  })

  test('gives the same name as often as wanted', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => server.createModel({ name: 'same' })))
    expect(new Set(ids).size).toBe(20)
  })

  test.each([
    [{ kind: 'zzz' }, `Path: body.kind - Message: Invalid enum value. Expected ${KINDS}, received 'zzz'`],
    [
      { state: 'Nope' },
      `Path: body.state - Message: Invalid enum value. ` +
        `Expected 'Development' | 'Review' | 'Production' | '', received 'Nope'`,
    ],
    [{ name: '' }, 'Path: body.name - Message: String must contain at least 1 character(s)'],
    [{ name: 5 }, 'Path: body.name - Message: Expected string, received number'],
    [
      { name: null, tags: 'a' },
      'Path: body.name - Message: Expected string, received null | ' +
        'Path: body.tags - Message: Expected array, received string',
    ],
    [{ kind: 7 }, `Path: body.kind - Message: Expected ${KINDS}, received number`],
    [{ collaborators: [{ entity: 'user:user' }] }, 'Path: body.collaborators[0].roles - Message: Required'],
    [{ tags: ['a', 'A'] }, 'You cannot have duplicate tags.'],
    [
      { collaborators: [{ entity: 'user:user', roles: ['emperor'] }] },
      'At least one collaborator must be given the owner role.',
    ],
    [
      {
        collaborators: [
          { entity: 'a', roles: ['owner'] },
          { entity: 'a', roles: [] },
        ],
      },
      'The following duplicate collaborators have been found: a',
    ],
  ])('refuses %j', async (details, message) => {
    const { status, body } = await server.post('/api/v2/models', { ...NEW, ...details })
    expect(status).toBe(400)
    expect(body.error.message).toBe(message)
  })

  test('explains every finding', async () => {
    const { body } = await server.post('/api/v2/models', { name: '', kind: 'model' })
    expect(body.error.context.errors).toEqual([
      {
        code: 'too_small',
        minimum: 1,
        type: 'string',
        inclusive: true,
        exact: false,
        message: 'String must contain at least 1 character(s)',
        path: ['body', 'name'],
      },
      {
        code: 'invalid_type',
        expected: 'string',
        received: 'undefined',
        path: ['body', 'description'],
        message: 'Required',
      },
    ])
  })
})

describe('a model', () => {
  test('is read by its id', async () => {
    const id = await server.createModel({ name: 'read me' })
    const { status, body } = await server.get(`/api/v2/model/${id}`)
    expect(status).toBe(200)
    expect(body.model).toMatchObject({ id, name: 'read me' })
    expect(body.model).not.toHaveProperty('card')
  })

  test('that does not exist is 404', async () => {
    const { status, body } = await server.get('/api/v2/model/unknown-abc123')
    expect(status).toBe(404)
    expect(body).toEqual(bailoError('The requested entry was not found.', { modelId: 'unknown-abc123' }))
  })

  test('is not found as another kind', async () => {
    const modelId = await server.createModel()
    expect((await server.get(`/api/v2/model/${modelId}?kind=model`)).status).toBe(200)
    const { status, body } = await server.get(`/api/v2/model/${modelId}?kind=data-card`)
    expect(status).toBe(404)
    expect(body.error.context).toEqual({ modelId })
  })

  test('is changed only where asked', async () => {
    const id = await server.createModel({ tags: ['old'] })
    const { body: before } = await server.get(`/api/v2/model/${id}`)
    const settings = { allowTemplating: true }
    const { status, body } = await server.patch(`/api/v2/model/${id}`, {
      description: 'new',
      tags: ['A', 'b'],
      settings,
    })
    expect(status).toBe(200)
    expect(body.model).toEqual({
      ...before.model,
      description: 'new',
      tags: ['a', 'b'],
      settings: { ungovernedAccess: false, allowTemplating: true },
      updatedAt: SOME_TEXT,
      __v: 1,
    })
    expect((await server.get(`/api/v2/model/${id}`)).body).toEqual(body)
  })

  test('does not get two tags that differ in case only', async () => {
    const id = await server.createModel()
    const { status, body } = await server.patch(`/api/v2/model/${id}`, { tags: ['a', 'A'] })
    expect(status).toBe(400)
    expect(body).toEqual(bailoError('You cannot have duplicate tags'))
  })

  test('takes everything with it when it is deleted', async () => {
    const id = await server.createModelWithCard()
    const actions = ['model:read', 'model:write', 'file:write', 'image:read', 'image:write']
    const keys = await server.createToken(actions, [id])
    await server.upload(id, 'f', 'x')
    await server.pushImage(id, 'img', 'v1', 'layer')
    const { status, body } = await server.delete(`/api/v2/model/${id}`, { keys })
    expect(status).toBe(200)
    expect(body).toEqual({ message: 'Successfully removed model.' })
    for (const path of ['', '/files', '/images', '/releases', '/model-card/latest']) {
      expect((await server.get(`/api/v2/model/${id}${path}`)).status).toBe(404)
    }
    const { body: tokens } = await server.get('/api/v2/user/tokens')
    expect(tokens.tokens.at(-1)).toMatchObject({ accessKey: keys.accessKey, modelIds: [] })
  })
})

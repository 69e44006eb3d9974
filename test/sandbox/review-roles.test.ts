import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, MODEL_SCHEMA, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

async function listNames(query = ''): Promise<string[]> {
  const { body } = await server.get(`/api/v2/review/roles${query}`)
  return body.reviewRoles.map(({ shortName }) => shortName)
}

describe('review roles', () => {
  test('are at first those that the default schemas name', async () => {
    expect(await listNames()).toEqual(['msro', 'mtr'])
    expect(await listNames(`?schemaId=${MODEL_SCHEMA}`)).toEqual(['msro', 'mtr'])
    expect(await listNames('?schemaId=minimal-access-request-general-v10')).toEqual(['msro'])
    expect(await listNames('?schemaId=minimal-data-card-v10')).toEqual([])
    const unknown = await server.get('/api/v2/review/roles?schemaId=nope')
    expect(unknown.status).toBe(400)
    expect(unknown.body).toEqual(bailoError('Unable to find schemas', { schemaIds: ['nope'] }))
  })

  test('are created, changed and deleted', async () => {
    const created = await server.post('/api/v2/review/role', { name: 'Lawyer', shortName: 'law', kind: 'review' })
    expect(created.status).toBe(200)
    expect(created.body.reviewRole).toEqual({
      _id: SOME_ID,
      name: 'Lawyer',
      shortName: 'law',
      kind: 'review',
      defaultEntities: [],
      lockEntities: false,
      deleted: false,
      deletedBy: '',
      deletedAt: '',
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
      __v: 0,
    })
    const path = '/api/v2/review/role/law'
    const change = { name: 'Jurist', description: 'Reads', defaultEntities: ['user:a'], systemRole: 'consumer' }
    const changed = await server.put(path, change)
    expect(changed.body.reviewRole).toMatchObject({ ...change, shortName: 'law' })
    expect((await server.put(path, { name: 'x', shortName: 'other' })).status).toBe(400)
    expect((await server.delete(path)).body).toEqual({ deleted: true })
    expect(await listNames()).not.toContain('law')
  })

  test('have names that no other has', async () => {
    const shortName = await server.post('/api/v2/review/role', { name: 'New', shortName: 'mtr', kind: 'review' })
    expect([shortName.status, shortName.body]).toEqual([
      400,
      bailoError('The following is not unique: {"shortName":"mtr"}'),
    ])
    const name = 'Model Technical Reviewer'
    const taken = await server.post('/api/v2/review/role', { name, shortName: 'new', kind: 'review' })
    expect(taken.body).toEqual(bailoError(`The following is not unique: {"name":"${name}"}`))
    expect((await server.put('/api/v2/review/role/msro', { name })).status).toBe(400)
    expect((await server.put('/api/v2/review/role/mtr', { name })).status).toBe(200)
  })

  test('that do not exist are found missing in two ways', async () => {
    const changed = await server.put('/api/v2/review/role/nope', { name: 'x' })
    expect(changed.status).toBe(404)
    expect(changed.body).toEqual(bailoError('The requested review role was not found', { shortName: 'nope' }))
    const deleted = await server.delete('/api/v2/review/role/nope')
    expect(deleted.status).toBe(400)
    const message = 'Review role could not be deleted as it does not exist.'
    expect(deleted.body).toEqual(bailoError(message, { reviewRoleShortName: 'nope' }))
  })

  test('leave the schemas and the people on models when they are deleted', async () => {
    const own = await TestSandbox.start()
    try {
      const collaborators = [
        { entity: 'user:user', roles: ['owner', 'mtr'] },
        { entity: 'user:alice', roles: ['mtr'] },
      ]
      const modelId = await own.createModelWithCard({ collaborators })
      expect((await own.delete('/api/v2/review/role/mtr')).status).toBe(200)
      const { body } = await own.get(`/api/v2/schema/${MODEL_SCHEMA}`)
      expect(body.schema.reviewRoles).toEqual(['msro'])
      const { model } = (await own.get(`/api/v2/model/${modelId}`)).body
      expect(model.collaborators.map(({ entity, roles }) => [entity, roles])).toEqual([['user:user', ['owner']]])
      await own.createRelease(modelId, '1.0.0')
      const { reviews } = (await own.get('/api/v2/reviews?mine=false')).body
      expect(reviews.map(({ role }) => role)).toEqual(['msro'])
    } finally {
      await own.close()
    }
  })

  test('need the actions of a token', async () => {
    const role = { name: 'N', shortName: 'n', kind: 'review' }
    const reader = await server.createToken(['reviewRole:read'])
    const nobody = await server.createToken(['model:read'])
    const missing = (action: string, context = {}) =>
      bailoError(`This token is missing the required action: reviewRole:${action}`, { userDn: 'user', ...context })
    const answers = [
      await server.post('/api/v2/review/role', role, { keys: reader }),
      await server.put('/api/v2/review/role/mtr', { name: 'x' }, { keys: reader }),
      await server.put('/api/v2/review/role/mtr', { name: 'x' }, { keys: nobody }),
      await server.delete('/api/v2/review/role/mtr', { keys: reader }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect(answers.map(({ body }) => body)).toEqual([
      missing('write'),
      missing('write', { shortName: 'mtr' }),
      missing('read', { shortName: 'mtr' }),
      missing('write'),
    ])
  })

  test('are given to those who hold them by default, when a card is set up and when its schema changes', async () => {
    const entities = { reader: ['user:user', 'user:reader'], judge: ['user:judge', 'user:reader'] }
    for (const [shortName, defaultEntities] of Object.entries(entities)) {
      await server.post('/api/v2/review/role', { name: shortName, shortName, kind: 'review', defaultEntities })
    }
    const schema = { id: 'read', name: 'n', description: 'd', kind: 'model', jsonSchema: {}, reviewRoles: ['reader'] }
    expect((await server.post('/api/v2/schemas', schema)).status).toBe(200)
    const modelId = await server.createModel()
    const rolesOf = async () =>
      (await server.get(`/api/v2/model/${modelId}`)).body.model.collaborators.map(({ entity, roles }) => [
        entity,
        ...roles,
      ])
    await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'read' })
    expect(await rolesOf()).toEqual([
      ['user:user', 'owner', 'reader'],
      ['user:reader', 'reader'],
    ])
    await server.patch('/api/v2/schema/read', { reviewRoles: ['reader', 'judge'] })
    expect(await rolesOf()).toEqual([
      ['user:user', 'owner', 'reader'],
      ['user:reader', 'reader', 'judge'],
      ['user:judge', 'judge'],
    ])
  })

  test('are created by an administrator only', async () => {
    const keys = server.sandbox.createKeys('alice')
    const role = { name: 'N', shortName: 'n', kind: 'review' }
    const { status, body } = await server.post('/api/v2/review/role', role, { keys })
    expect(status).toBe(403)
    const message = 'You cannot upload or modify a review role if you are not an admin.'
    expect(body).toEqual(bailoError(message, { userDn: 'alice' }))
  })

  test('answer OPTIONS with all methods of the path, whatever its parameter is called', async () => {
    const { headers } = await server.send('OPTIONS', '/api/v2/review/role/mtr')
    expect(headers.get('allow')).toBe('DELETE, PUT')
  })
})

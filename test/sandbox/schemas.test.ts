import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, containing, MODEL_SCHEMA, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const JSON_SCHEMA = {
  type: 'object',
  properties: { overview: { type: 'object', properties: { what: { type: 'string', title: 'What is it?' } } } },
}

function newSchema(id: string, details: object = {}) {
  const schema = {
    id,
    name: `Name of ${id}`,
    description: 'd',
    kind: 'model',
    jsonSchema: JSON_SCHEMA,
    reviewRoles: [],
  }
  return { ...schema, ...details }
}

describe('a new schema', () => {
  test('is active, listed first, and cards can follow it', async () => {
    const { status, body } = await server.post('/api/v2/schemas', newSchema('mine'))
    expect(status).toBe(200)
    const timesAndIds = { _id: SOME_ID, createdAt: SOME_TEXT, updatedAt: SOME_TEXT, __v: 0 }
    expect(body.schema).toEqual({ ...newSchema('mine'), active: true, hidden: false, ...timesAndIds })
    const { body: listed } = await server.get('/api/v2/schemas?kind=model')
    expect(listed.schemas.map(({ id }) => id)).toEqual(['mine', MODEL_SCHEMA])
    const modelId = await server.createModel()
    await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'mine' })
    const put = (what: unknown) =>
      server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: { overview: { what } } })
    expect((await put('a thing')).status).toBe(200)
    expect((await put(5)).status).toBe(400)
  })

  test('needs an id of its own', async () => {
    await server.post('/api/v2/schemas', newSchema('taken'))
    const { status, body } = await server.post('/api/v2/schemas', newSchema('taken'))
    expect(status).toBe(400)
    expect(body).toEqual(bailoError('The following is not unique: {"id":"taken"}'))
  })

  test('is refused when something is missing', async () => {
    const { status, body } = await server.post('/api/v2/schemas', {
      id: 'x',
      name: 'x',
      kind: 'model',
      reviewRoles: [],
    })
    expect(status).toBe(400)
    expect(body.error.message).toBe(
      'Path: body.description - Message: Required | Path: body.jsonSchema - Message: Required',
    )
  })
})

describe('a change of a schema', () => {
  test('hides it from cards and from the list of those that are shown', async () => {
    await server.post('/api/v2/schemas', newSchema('hidden'))
    const { status, body } = await server.patch('/api/v2/schema/hidden', { hidden: true, name: 'New', active: false })
    expect(status).toBe(200)
    expect(body.schema).toMatchObject({ id: 'hidden', hidden: true, name: 'New', active: false, description: 'd' })
    const idsOf = async (query: string) =>
      (await server.get(`/api/v2/schemas?${query}`)).body.schemas.map(({ id }) => id)
    expect(await idsOf('hidden=true')).toEqual(['hidden'])
    expect(await idsOf('hidden=false')).not.toContain('hidden')
    expect(await idsOf('')).toContain('hidden')
    const modelId = await server.createModel()
    const refused = await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'hidden' })
    expect(refused.status).toBe(400)
    const context = { schemaId: 'hidden', kind: 'model' }
    expect(refused.body).toEqual(bailoError('Cannot create a new Card using a hidden schema.', context))
  })

  test('takes roles that it no longer has from the models that follow it', async () => {
    await server.post('/api/v2/schemas', newSchema('roles', { reviewRoles: ['msro', 'mtr'] }))
    const collaborators = [{ entity: 'user:user', roles: ['owner', 'msro', 'mtr'] }]
    const [follower, other] = [await server.createModel({ collaborators }), await server.createModel({ collaborators })]
    await server.post(`/api/v2/model/${follower}/setup/from-schema`, { schemaId: 'roles' })
    await server.post(`/api/v2/model/${other}/setup/from-schema`, { schemaId: MODEL_SCHEMA })
    await server.patch('/api/v2/schema/roles', { reviewRoles: ['mtr'] })
    const rolesOf = async (id: string) => (await server.get(`/api/v2/model/${id}`)).body.model.collaborators[0]?.roles
    expect(await rolesOf(follower)).toEqual(['owner', 'mtr'])
    expect(await rolesOf(other)).toEqual(['owner', 'msro', 'mtr'])
  })

  test('asks its roles for reviews of what is there, drafts and minor releases included', async () => {
    await server.post('/api/v2/schemas', newSchema('asks'))
    const modelId = await server.createModel()
    await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'asks' })
    await server.createRelease(modelId, '1.0.0')
    await server.createRelease(modelId, '1.0.1', { draft: true })
    const reviewsOf = async () =>
      (await server.get(`/api/v2/reviews?mine=false&modelId=${modelId}`)).body.reviews.map(
        ({ semver, role }) => `${semver} ${role}`,
      )
    expect(await reviewsOf()).toEqual([])
    await server.patch('/api/v2/schema/asks', { reviewRoles: ['mtr'] })
    expect((await reviewsOf()).sort()).toEqual(['1.0.0 mtr', '1.0.1 mtr'])
  })

  test('is refused for what cannot be changed', async () => {
    const { status, body } = await server.patch(`/api/v2/schema/${MODEL_SCHEMA}`, { jsonSchema: {} })
    expect(status).toBe(400)
    expect(body.error.message).toBe("Path: body - Message: Unrecognized key(s) in object: 'jsonSchema'")
    expect((await server.patch('/api/v2/schema/nope', {})).status).toBe(404)
  })
})

test('a deleted schema is gone', async () => {
  await server.post('/api/v2/schemas', newSchema('short-lived'))
  expect((await server.delete('/api/v2/schema/short-lived')).text).toBe('{"deleted":true}')
  expect((await server.get('/api/v2/schema/short-lived')).status).toBe(404)
  const { status, body } = await server.delete('/api/v2/schema/short-lived')
  expect(status).toBe(404)
  expect(body).toEqual(bailoError('The requested schema was not found.', { schemaId: 'short-lived' }))
})

test('writing needs the right to write schemas', async () => {
  const keys = await server.createToken(['model:read', 'model:write'])
  const context = (schemaId: string) => ({ userDn: 'user', schemaId })
  const refusal = 'This token is missing the required action: schema:write'
  const answers = [
    await server.post('/api/v2/schemas', newSchema('refused'), { keys }),
    await server.patch(`/api/v2/schema/${MODEL_SCHEMA}`, {}, { keys }),
    await server.delete(`/api/v2/schema/${MODEL_SCHEMA}`, { keys }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
  expect(answers.map(({ body }) => body)).toEqual([
    bailoError(refusal, context('refused')),
    bailoError(refusal, context(MODEL_SCHEMA)),
    bailoError(refusal, context(MODEL_SCHEMA)),
  ])
  expect((await server.get('/api/v2/schema/refused')).status).toBe(404)
})

test('a schema for a state of models requires what that state asks for, with all that is around it', async () => {
  const question = (states: string[]) => ({ type: 'string', requiredByModelStates: states })
  const page = { type: 'object', properties: { deep: { type: 'object', properties: { q: question(['Production']) } } } }
  const properties = { page, top: question(['Review', 'Production']), free: { type: 'string' } }
  await server.post('/api/v2/schemas', newSchema('states', { jsonSchema: { type: 'object', properties } }))
  const read = async (query: string) => (await server.get(`/api/v2/schema/states${query}`)).body.schema.jsonSchema
  expect(await read('')).not.toHaveProperty('required')
  expect(await read('?modelState=Development')).not.toHaveProperty('required')
  expect(await read('?modelState=Review')).toMatchObject({ required: ['top'] })
  expect(await read('?modelState=Production')).toMatchObject({
    required: ['page', 'top'],
    properties: { page: { required: ['deep'], properties: { deep: { required: ['q'] } } } },
    stateList: expect.arrayContaining(['Production', 'Review']) as unknown,
  })
  const refused = await server.get('/api/v2/schema/states?modelState=Nope')
  expect(refused.status).toBe(400)
  expect(refused.body.error.context.errors).toEqual([containing({ code: 'invalid_enum_value' })])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, matching, MODEL_SCHEMA, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const PLAN = {
  name: 'To data',
  description: 'd',
  sourceSchema: MODEL_SCHEMA,
  targetSchema: 'minimal-data-card-v10',
  questionMigrations: [
    {
      id: 'one',
      kind: 'move',
      sourcePath: 'overview.modelSummary',
      targetPath: 'overview.storageLocation',
      propertyType: 'string',
    },
    { id: 'two', kind: 'delete', sourcePath: 'anotherPage.sectionOne.q1', propertyType: 'string' },
    { id: 'three', kind: 'move', sourcePath: 'overview.nothing', targetPath: 'overview.more', propertyType: 'string' },
    { id: 'four', kind: 'delete', sourcePath: 'not.there', propertyType: 'string' },
  ],
}

async function createPlan(details: object = {}): Promise<string> {
  const { status, body } = await server.post('/api/v2/schema-migration', { ...PLAN, ...details })
  expect(status).toBe(200)
  return body.schemaMigration.id
}

describe('plans', () => {
  test('are created, read, listed by their source and changed', async () => {
    const { body } = await server.post('/api/v2/schema-migration', PLAN)
    const plan = body.schemaMigration
    const generated = {
      id: matching(/^to-data-[a-z0-9]{6}$/),
      _id: SOME_ID,
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
    }
    expect(plan).toEqual({ ...PLAN, draft: false, ...generated })
    expect((await server.get(`/api/v2/schema-migration/${plan.id}`)).body.schemaMigration).toEqual(plan)
    await createPlan({ sourceSchema: 'other' })
    const { body: listed } = await server.get(`/api/v2/schema-migrations?sourceSchema=${MODEL_SCHEMA}`)
    expect(listed.schemaMigrations).toEqual([plan])
    expect((await server.get('/api/v2/schema-migrations')).body.schemaMigrations).toHaveLength(2)
    const changes = { name: 'Renamed', description: '', draft: true, questionMigrations: [] }
    const { body: changed } = await server.put(`/api/v2/schema-migration/${plan.id}`, changes)
    expect(changed.schemaMigration).toMatchObject({ ...changes, id: plan.id, sourceSchema: MODEL_SCHEMA })
  })

  test('that do not exist are 404', async () => {
    const { status, body } = await server.get('/api/v2/schema-migration/nope')
    expect(status).toBe(404)
    const context = { schemaMigrationId: 'nope' }
    expect(body).toEqual(bailoError('Cannot find specified schema migration plan.', context))
  })

  test('need a name, and the right to write schemas', async () => {
    const unnamed = await server.post('/api/v2/schema-migration', { ...PLAN, name: '' })
    expect([unnamed.status, unnamed.body.error.message]).toEqual([
      400,
      'Could not create an ID for the schema migration due to missing name property',
    ])
    const keys = await server.createToken(['model:read'])
    const id = await createPlan()
    const refusal = (schemaMigrationName: string) =>
      bailoError('This token is missing the required action: schema:write', { userDn: 'user', schemaMigrationName })
    const created = await server.post('/api/v2/schema-migration', { ...PLAN, name: 'x' }, { keys })
    expect([created.status, created.body]).toEqual([403, refusal('x')])
    const changes = { name: 'y', description: '', questionMigrations: [] }
    const changed = await server.put(`/api/v2/schema-migration/${id}`, changes, { keys })
    expect([changed.status, changed.body]).toEqual([403, refusal('To data')])
  })
})

describe('a migration', () => {
  test('makes a version of the card that follows the other schema', async () => {
    const modelId = await server.createModelWithCard()
    const metadata = {
      overview: { modelSummary: 'kept', metrics: [{ name: 'F1', value: 1 }] },
      anotherPage: { sectionOne: { q1: 'dropped', q2: 'stays' } },
    }
    await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata })
    const { status, text } = await server.post(`/api/v2/model/${modelId}/migrate-schema/${await createPlan()}`, {})
    expect([status, text]).toEqual([200, '{"response":"Successfully migrated model schema"}'])
    const { body } = await server.get(`/api/v2/model/${modelId}/model-card/latest`)
    expect(body.modelCard).toMatchObject({ version: 3, schemaId: 'minimal-data-card-v10', createdBy: 'user' })
    expect(body.modelCard.metadata).toEqual({
      overview: { metrics: [{ name: 'F1', value: 1 }], storageLocation: 'kept' },
      anotherPage: { sectionOne: { q2: 'stays' } },
    })
    const { body: before } = await server.get(`/api/v2/model/${modelId}/model-card/2`)
    expect(before.modelCard).toMatchObject({ schemaId: MODEL_SCHEMA, metadata })
  })

  test('does not reach beyond the card, whatever its paths are', async () => {
    const modelId = await server.createModelWithCard()
    const questionMigrations = [
      { id: 'a', kind: 'move', sourcePath: 'overview', targetPath: '__proto__.polluted', propertyType: 'string' },
      { id: 'b', kind: 'delete', sourcePath: 'constructor.prototype', propertyType: 'string' },
    ]
    await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: { overview: { modelSummary: 'x' } } })
    const planId = await createPlan({ questionMigrations })
    expect((await server.post(`/api/v2/model/${modelId}/migrate-schema/${planId}`, {})).status).toBe(200)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('is refused without a card, for another schema, and for what does not exist', async () => {
    const planId = await createPlan()
    const migrate = async (modelId: string, migrationId = planId) => {
      const { status, body } = await server.post(`/api/v2/model/${modelId}/migrate-schema/${migrationId}`, {})
      return [status, body]
    }
    const bare = await server.createModel()
    expect(await migrate('nope')).toEqual([400, bailoError('Model cannot be found', { modelId: 'nope' })])
    expect(await migrate(bare)).toEqual([
      400,
      bailoError('Model cannot be migrated as it does not have a valid model card.', { modelId: bare }),
    ])
    const modelId = await server.createModelWithCard()
    expect(await migrate(modelId, 'nope')).toEqual([
      400,
      bailoError('Cannot find specified schema migration plan.', { migrationPlanId: 'nope' }),
    ])
    expect(await migrate(modelId, await createPlan({ sourceSchema: 'other' }))).toEqual([
      400,
      bailoError("The schema for this model does not match the migration plan's source schema."),
    ])
  })

  test('needs the right to change the model', async () => {
    const modelId = await server.createModelWithCard()
    const keys = await server.createToken(['model:read', 'schema:write'])
    const { status, body } = await server.post(
      `/api/v2/model/${modelId}/migrate-schema/${await createPlan()}`,
      {},
      { keys },
    )
    expect(status).toBe(403)
    expect(body).toEqual(bailoError('This token is missing the required action: model:write', { userDn: 'user' }))
  })
})

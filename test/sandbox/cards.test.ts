import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, containing, MODEL_SCHEMA, SOME_ID, SOME_TEXT, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const summary = (modelSummary: unknown) => ({ metadata: { overview: { modelSummary } } })

describe('setting up a card', () => {
  test('makes an empty version 1', async () => {
    const modelId = await server.createModel()
    const { status, body } = await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: MODEL_SCHEMA })
    expect(status).toBe(200)
    const { card } = body
    expect(card).toEqual({
      modelId,
      schemaId: MODEL_SCHEMA,
      mirrored: false,
      version: 1,
      createdBy: 'user',
      _id: card.id,
      deleted: false,
      deletedBy: '',
      deletedAt: '',
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
      __v: 0,
      id: SOME_ID,
    })
    expect((await server.get(`/api/v2/model/${modelId}/model-card/1`)).body).toEqual({ modelCard: card })
    expect((await server.get(`/api/v2/model/${modelId}/model-card/latest`)).body).toEqual({ modelCard: card })
  })

  test('works once', async () => {
    const modelId = await server.createModelWithCard()
    const { status, body } = await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: MODEL_SCHEMA })
    expect(status).toBe(400)
    expect(body).toEqual(bailoError('This model already has a model card.', { modelId }))
  })

  test('needs a schema that exists', async () => {
    const modelId = await server.createModel()
    const { status, body } = await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'nope' })
    expect(status).toBe(404)
    expect(body).toEqual(bailoError('The requested schema was not found.', { schemaId: 'nope' }))
  })

  test('copies the card of a template', async () => {
    const templateId = await server.createModelWithCard()
    await server.put(`/api/v2/model/${templateId}/model-cards`, summary('copied'))
    const modelId = await server.createModel()
    const path = `/api/v2/model/${modelId}/setup/from-template`
    const { status, body } = await server.post(path, { templateId })
    expect(status).toBe(200)
    expect(body.card).toMatchObject({ modelId, version: 1, schemaId: MODEL_SCHEMA, ...summary('copied') })
    expect((await server.post(path, { templateId: modelId })).body.error.message).toBe(
      'The model and template ID must be different',
    )
    const bare = await server.createModel()
    const refused = await server.post(`/api/v2/model/${await server.createModel()}/setup/from-template`, {
      templateId: bare,
    })
    expect(refused.body.error.message).toBe('The template model is missing a model card')
  })
})

describe('a model without a card', () => {
  test('shows an empty object, no revisions and no versions', async () => {
    const modelId = await server.createModel()
    expect((await server.get(`/api/v2/model/${modelId}/model-card/latest`)).body).toEqual({ modelCard: {} })
    expect((await server.get(`/api/v2/model/${modelId}/model-card-revisions`)).body).toEqual({ modelCardRevisions: [] })
    const { status, body } = await server.get(`/api/v2/model/${modelId}/model-card/1`)
    expect(status).toBe(404)
    expect(body).toEqual(bailoError("Version '1' does not exist on the requested model", { modelId, version: 1 }))
  })

  test('cannot be given a new version', async () => {
    const modelId = await server.createModel()
    const { status, body } = await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: {} })
    expect(status).toBe(404)
    expect(body).toEqual(bailoError('The requested schema was not found.', {}))
  })
})

describe('a new version of a card', () => {
  test('becomes the latest, and the older ones stay', async () => {
    const modelId = await server.createModelWithCard()
    const { status, body } = await server.put(`/api/v2/model/${modelId}/model-cards`, summary('hello'))
    expect(status).toBe(200)
    expect(body.card).toMatchObject({ version: 2, ...summary('hello') })
    const { body: latest } = await server.get(`/api/v2/model/${modelId}/model-card/latest`)
    expect(latest.modelCard).toEqual(body.card)
    const { body: all } = await server.get(`/api/v2/model/${modelId}/model-card-revisions`)
    expect(all.modelCardRevisions).toHaveLength(2)
    expect(all.modelCardRevisions[0]).not.toHaveProperty('metadata')
    expect(all.modelCardRevisions[1]).toEqual(body.card)
  })

  test('loses empty objects', async () => {
    const modelId = await server.createModelWithCard()
    const path = `/api/v2/model/${modelId}/model-cards`
    expect((await server.put(path, { metadata: { overview: {} } })).body.card).not.toHaveProperty('metadata')
    const metadata = { overview: { modelSummary: 'x', metrics: [] }, anotherPage: { sectionOne: {} } }
    const { body } = await server.put(path, { metadata })
    expect(body.card.metadata).toEqual({ overview: { modelSummary: 'x', metrics: [] } })
  })

  test('takes a value of every type that the schema has', async () => {
    const modelId = await server.createModelWithCard()
    const metadata = {
      overview: { modelSummary: 'x', datasets: ['a'], metrics: [{ name: 'F1', value: 0.5 }] },
      anotherPage: { sectionOne: { q1: 'a', q3: '2026-02-28' }, sectionTwo: { questionThree: 4, questionFour: false } },
    }
    const { status, body } = await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata })
    expect(status).toBe(200)
    expect(body.card.metadata).toEqual(metadata)
  })

  test('is refused with everything that does not fit the schema', async () => {
    const modelId = await server.createModelWithCard()
    const metadata = { overview: { modelSummary: 5 }, zzz: 1 }
    const { status, body } = await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata })
    expect(status).toBe(400)
    expect(body.error.message).toBe('Model metadata could not be validated against the schema.')
    const [type, additional, ...others] = body.error.context.validationErrors
    expect(others).toEqual([])
    expect(type).toEqual({
      path: ['overview', 'modelSummary'],
      property: 'instance.overview.modelSummary',
      message: 'is not of a type(s) string',
      schema: containing({ type: 'string', minLength: 1, maxLength: 5000 }),
      instance: 5,
      name: 'type',
      argument: ['string'],
      stack: 'instance.overview.modelSummary is not of a type(s) string',
    })
    expect(additional).toEqual({
      path: [],
      property: 'instance',
      message: 'is not allowed to have the additional property "zzz"',
      schema: containing({ stateList: ['Development', 'Production', 'Review'] }),
      instance: metadata,
      name: 'additionalProperties',
      argument: 'zzz',
      stack: 'instance is not allowed to have the additional property "zzz"',
    })
  })

  test.each([
    [{}, 'instance is required, but is undefined'],
    [summary(''), 'instance.overview.modelSummary does not meet minimum length of 1'],
    [summary('x'.repeat(5001)), 'instance.overview.modelSummary does not meet maximum length of 5000'],
    [
      { metadata: { overview: { tags: ['a'] } } },
      'instance.overview is not allowed to have the additional property "tags"',
    ],
    [{ metadata: { overview: { datasets: ['a', 'a'] } } }, 'instance.overview.datasets contains duplicate item'],
    [
      { metadata: { overview: { metrics: [{ value: 'high' }] } } },
      'instance.overview.metrics[0].value is not of a type(s) number',
    ],
    [
      { metadata: { anotherPage: { sectionOne: { q3: 'tomorrow' } } } },
      'instance.anotherPage.sectionOne.q3 does not conform to the "date" format',
    ],
  ])('is refused as %#', async (body, stack) => {
    const modelId = await server.createModelWithCard()
    const answer = await server.put(`/api/v2/model/${modelId}/model-cards`, body)
    expect(answer.status).toBe(400)
    expect(answer.body.error.context.validationErrors).toEqual([containing({ stack })])
  })

  test('collides with others that are saved at the same time', async () => {
    const modelId = await server.createModelWithCard()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => server.put(`/api/v2/model/${modelId}/model-cards`, summary(`n${index}`))),
    )
    const saved = answers.filter(({ status }) => status === 200)
    const failed = answers.filter(({ status }) => status !== 200)
    expect(saved.length).toBeGreaterThan(0)
    expect(failed.length).toBeGreaterThan(0)
    for (const { status, body } of failed) expect([status, body]).toEqual([500, UNKNOWN_ERROR])
    const { body } = await server.get(`/api/v2/model/${modelId}/model-card-revisions`)
    const versions = body.modelCardRevisions.map(({ version }) => version)
    expect(versions).toEqual(Array.from({ length: saved.length + 1 }, (_, index) => index + 1))
  })

  test('is shown with the releases of the model, and makes the model the last updated', async () => {
    const modelId = await server.createModelWithCard()
    await server.createModel()
    await server.createRelease(modelId, '1.0.0')
    await server.put(`/api/v2/model/${modelId}/model-cards`, summary('shown'))
    const { body } = await server.get(`/api/v2/model/${modelId}/releases`)
    expect(body.releases[0]?.model.card).toEqual({
      schemaId: MODEL_SCHEMA,
      version: 2,
      mirrored: false,
      ...summary('shown'),
    })
    const { body: found } = await server.get('/api/v2/models/search')
    expect(found.models[0]?.id).toBe(modelId)
  })
})

describe('schemas', () => {
  test('are listed by kind', async () => {
    const idsOf = async (query: string) => {
      const { body } = await server.get(`/api/v2/schemas${query}`)
      return body.schemas.map(({ id }) => id)
    }
    expect(await idsOf('?kind=model')).toEqual(['minimal-general-v10'])
    expect(await idsOf('?kind=dataCard')).toEqual(['minimal-data-card-v10'])
    expect(await idsOf('?kind=accessRequest')).toEqual(['minimal-access-request-general-v10'])
    expect(await idsOf('')).toHaveLength(3)
    expect(await idsOf('?hidden=true')).toEqual([])
  })

  test('are read one by one', async () => {
    const { body } = await server.get('/api/v2/schema/minimal-general-v10')
    const pages = body.schema.jsonSchema.properties as Record<string, { properties: object }>
    expect(Object.keys(pages)).toEqual(['overview', 'anotherPage'])
    expect(Object.keys(pages.overview?.properties ?? {})).toEqual(['modelSummary', 'datasets', 'metrics'])
    expect(body.schema).toMatchObject({ active: true, hidden: false, kind: 'model', reviewRoles: ['msro', 'mtr'] })
    const unknown = await server.get('/api/v2/schema/nope')
    expect(unknown.status).toBe(404)
    expect(unknown.body).toEqual(bailoError('The requested schema was not found.', { schemaId: 'nope' }))
  })

  test('of data cards fit data cards', async () => {
    const modelId = await server.createModel({ kind: 'data-card' })
    await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'minimal-data-card-v10' })
    const metadata = { overview: { storageLocation: 'here' } }
    const { body } = await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata })
    expect(body.card).toMatchObject({ version: 2, metadata })
  })
})

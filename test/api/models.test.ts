import { describe, expect, it } from 'vitest'
import { createModel, getModel, hasModelCard, setUpModelCard } from '../../src/lib/api/models.js'
import { failureOf, openInstance } from '../support/client.js'
import { bailoError, json, startServer } from '../support/scripted-server.js'

const MODEL = { id: 'my-model-ab12cd', name: 'My model', kind: 'model' }

it('reads a model', async () => {
  const server = await startServer([json({ model: { ...MODEL, tags: [] } })])
  expect(await getModel(openInstance(server.origin), MODEL.id)).toMatchObject(MODEL)
  expect(server.lines).toEqual(['GET /api/v2/model/my-model-ab12cd'])
})

it('creates a public model', async () => {
  const server = await startServer([json({ model: MODEL })])
  expect((await createModel(openInstance(server.origin), 'My model', 'What for')).id).toBe(MODEL.id)
  expect(server.lines).toEqual(['POST /api/v2/models'])
  expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toEqual({
    name: 'My model',
    description: 'What for',
    kind: 'model',
    visibility: 'public',
  })
})

it('does not create a model again when the answer is lost', async () => {
  const server = await startServer([json({ model: MODEL }), 'reset', json({ model: MODEL })])
  const instance = openInstance(server.origin)
  await getModel(instance, MODEL.id)
  expect(await failureOf(createModel(instance, 'n', 'd'))).toMatchObject({ name: 'ConnectionError' })
  expect(server.requests).toHaveLength(2)
})

it.each([
  [{ modelCard: {} }, false],
  [{ modelCard: { version: 1, schemaId: 's' } }, true],
])('knows from %j whether there is a card', async (answer, expected) => {
  const server = await startServer([json(answer)])
  expect(await hasModelCard(openInstance(server.origin), 'm')).toBe(expected)
  expect(server.lines).toEqual(['GET /api/v2/model/m/model-card/latest'])
})

describe('a first card', () => {
  const usual = { id: 'minimal-general-v10', active: true }
  const other = { id: 'other', active: true }

  it.each([
    ['the usual one', [other, usual], 'minimal-general-v10'],
    ['the first active one', [{ ...usual, active: false }, { id: 'retired', active: false }, other], 'other'],
  ])('is made from %s of the schemas', async (_case, schemas, chosen) => {
    const server = await startServer([json({ schemas }), json({ card: {} })])
    expect(await setUpModelCard(openInstance(server.origin), 'm')).toBe(chosen)
    expect(server.lines).toEqual(['GET /api/v2/schemas?kind=model', 'POST /api/v2/model/m/setup/from-schema'])
    expect(JSON.parse(server.requests[1]?.body.toString() ?? '')).toEqual({ schemaId: chosen })
  })

  it('is made from the schema that is asked for, without looking at others', async () => {
    const server = await startServer([json({ card: {} })])
    expect(await setUpModelCard(openInstance(server.origin), 'm', 'mine')).toBe('mine')
    expect(server.lines).toEqual(['POST /api/v2/model/m/setup/from-schema'])
  })

  it('cannot be made without an active schema', async () => {
    const server = await startServer([json({ schemas: [{ ...usual, active: false }] })])
    const error = await failureOf(setUpModelCard(openInstance(server.origin), 'm'))
    expect(error).toMatchObject({ name: 'UsageError' })
    expect(server.requests).toHaveLength(1)
  })

  it('cannot be made twice', async () => {
    const server = await startServer([bailoError(400, 'already has a card')])
    expect(await failureOf(setUpModelCard(openInstance(server.origin), 'm', 's'))).toMatchObject({ status: 400 })
  })
})

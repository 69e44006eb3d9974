import { describe, expect, it } from 'vitest'
import { getLatestCard, listCardRevisions, measureCardBody, putCard } from '../../src/lib/api/cards.js'
import { createModel, measureModelBody } from '../../src/lib/api/models.js'
import { chooseSchema, getSchema } from '../../src/lib/api/schemas.js'
import { searchModels } from '../../src/lib/api/search-models.js'
import { failureOf, openInstance } from '../support/client.js'
import { bailoError, json, startServer } from '../support/scripted-server.js'

const CARD = { version: 3, schemaId: 's', metadata: { overview: { a: 'é' } } }

describe('cards', () => {
  it('are read, or are not there yet', async () => {
    const server = await startServer([json({ modelCard: CARD }), json({ modelCard: {} })])
    const instance = openInstance(server.origin)
    expect(await getLatestCard(instance, 'm')).toEqual(CARD)
    expect(await getLatestCard(instance, 'm')).toBeUndefined()
    expect(server.lines).toEqual(Array(2).fill('GET /api/v2/model/m/model-card/latest'))
  })

  it('are listed oldest first, without those from elsewhere', async () => {
    const cards = [
      { ...CARD, version: 2 },
      { ...CARD, version: 1 },
      { ...CARD, version: 9, mirrored: true },
    ]
    const server = await startServer([json({ modelCardRevisions: cards })])
    const revisions = await listCardRevisions(openInstance(server.origin), 'm')
    expect(revisions.map(({ version }) => version)).toEqual([1, 2])
  })

  it('are saved in a body of the size that is measured, and not again when the answer is lost', async () => {
    const server = await startServer([json({ card: CARD }), 'reset', json({ card: CARD })])
    const instance = openInstance(server.origin)
    expect(await putCard(instance, 'm', CARD.metadata)).toBe(3)
    expect(server.lines).toEqual(['PUT /api/v2/model/m/model-cards'])
    expect(server.requests[0]?.body).toHaveLength(measureCardBody(CARD.metadata))
    expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toEqual({ metadata: CARD.metadata })
    expect(await failureOf(putCard(instance, 'm', {}))).toMatchObject({ name: 'ConnectionError' })
    expect(server.requests).toHaveLength(2)
  })

  it('with an answer of another shape are none', async () => {
    const server = await startServer([json({ card: { version: 'x', schemaId: 's' } })])
    expect(await failureOf(putCard(openInstance(server.origin), 'm', {}))).toMatchObject({
      name: 'UnexpectedAnswerError',
    })
  })
})

describe('schemas', () => {
  const entry = (id: string, more: object = {}) => ({ id, active: true, jsonSchema: { type: 'object' }, ...more })

  it.each([
    ['model', 'minimal-general-v10'],
    ['dataCard', 'minimal-data-card-v10'],
  ] as const)('for a %s are the usual one, with what it describes', async (kind, id) => {
    const server = await startServer([json({ schemas: [entry('other'), entry(id)] })])
    expect(await chooseSchema(openInstance(server.origin), kind)).toEqual(entry(id))
    expect(server.lines).toEqual([`GET /api/v2/schemas?kind=${kind}`])
  })

  it('that are hidden or retired are not chosen, also not by name', async () => {
    const schemas = [entry('minimal-general-v10', { hidden: true }), entry('old', { active: false }), entry('new')]
    const server = await startServer(() => json({ schemas }))
    const instance = openInstance(server.origin)
    expect((await chooseSchema(instance, 'model')).id).toBe('new')
    expect(await failureOf(chooseSchema(instance, 'model', 'old'))).toMatchObject({
      name: 'UsageError',
      tryNext: ['use one of these: new'],
    })
  })

  it('that are there no more are a matter of usage; other refusals stay what they are', async () => {
    const server = await startServer([
      json({ schema: entry('s') }),
      bailoError(404, 'not found'),
      bailoError(403, 'no'),
    ])
    const instance = openInstance(server.origin)
    expect((await getSchema(instance, 's')).id).toBe('s')
    expect(await failureOf(getSchema(instance, 's'))).toMatchObject({ name: 'UsageError', exitCode: 2 })
    expect(await failureOf(getSchema(instance, 's'))).toMatchObject({ name: 'ResponseError', status: 403 })
  })
})

describe('models', () => {
  it('are searched by text, by name, and by tags', async () => {
    const model = { id: 'm', name: 'M', kind: 'model', tags: ['a'] }
    const server = await startServer(() => json({ models: [model] }))
    const instance = openInstance(server.origin)
    expect(await searchModels(instance, { search: 'a b&c' })).toEqual([model])
    await searchModels(instance, { search: 'x', titleOnly: true })
    await searchModels(instance, { libraries: ['a', 'ü,'] })
    expect(server.lines).toEqual([
      'GET /api/v2/models/search?search=a%20b%26c',
      'GET /api/v2/models/search?search=x&titleOnly=true',
      'GET /api/v2/models/search?libraries=a&libraries=%C3%BC%2C',
    ])
  })

  it('are made with a kind and tags, in a body of the size that is measured', async () => {
    const server = await startServer([json({ model: { id: 'm', name: 'ü', kind: 'data-card' } })])
    const details = { kind: 'data-card' as const, tags: ['A', 'ü'] }
    await createModel(openInstance(server.origin), 'ü', 'd', details)
    expect(server.requests[0]?.body).toHaveLength(measureModelBody('ü', 'd', details))
    expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject(details)
  })
})

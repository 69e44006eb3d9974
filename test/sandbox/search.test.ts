import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => {
  server = await TestSandbox.start()
  await server.createModel({ name: 'Old Lamp', description: 'first light', tags: ['foo-bar', 'red'] })
  await server.createModel({ name: 'Heater', description: 'no lamp at all', tags: ['foo-bar'], state: 'Review' })
  await server.createModel({
    name: 'Table',
    kind: 'data-card',
    visibility: 'private',
    tags: ['red', 'blue', 'foo-bar'],
  })
  const nobodys = { entity: 'nobody', roles: ['owner'] }
  await server.createModel({
    name: '(.* strange',
    organisation: 'Example Organisation',
    settings: { allowTemplating: true },
    collaborators: [nobodys],
  })
})
afterAll(() => server.close())

async function namesOf(query: string): Promise<string[]> {
  const { status, body } = await server.get(`/api/v2/models/search${query}`)
  expect(status).toBe(200)
  return body.models.map(({ name }) => name)
}

describe('the search', () => {
  test('gives everything without a query, the last changed first', async () => {
    expect(await namesOf('')).toEqual(['(.* strange', 'Table', 'Heater', 'Old Lamp'])
  })

  test('shows a summary', async () => {
    const { body } = await server.get('/api/v2/models/search?search=old')
    expect(Object.keys(body.models[0] ?? {}).sort()).toEqual([
      ...['collaborators', 'createdAt', 'description', 'id', 'kind', 'name', 'organisation', 'state', 'tags'],
      ...['updatedAt', 'visibility'],
    ])
  })

  test.each([
    ['?search=lam', ['Old Lamp']],
    ['?search=LAMP', ['Old Lamp', 'Heater']],
    ['?search=lamp&titleOnly=true', ['Old Lamp']],
    ['?search=lamp&titleOnly=false', ['Old Lamp', 'Heater']],
    ['?search=(.*', ['(.* strange']],
    ['?search=%5Ba', []],
    ['?task=red', ['Table', 'Old Lamp']],
    ['?task=RED', []],
    ['?libraries=red&libraries=blue', ['Table']],
    ['?libraries=red&task=foo-bar', ['Table', 'Old Lamp']],
    ['?kind=data-card', ['Table']],
    ['?kind=data-card&kind=model', ['(.* strange', 'Table', 'Heater', 'Old Lamp']],
    ['?states=Review', ['Heater']],
    ['?organisations=Example+Organisation', ['(.* strange']],
    ['?allowTemplating=true', ['(.* strange']],
    ['?filters=mine', ['Table', 'Heater', 'Old Lamp']],
    ['?filters=owner', ['Table', 'Heater', 'Old Lamp']],
    ['?filters=consumer', []],
    ['?schemaId=minimal-general-v10', []],
    ['?unknown=parameter&page=7', ['(.* strange', 'Table', 'Heater', 'Old Lamp']],
  ])('answers %s', async (query, names) => {
    expect(await namesOf(query)).toEqual(names)
  })

  test('finds what a card says', async () => {
    const id = await server.createModelWithCard({ name: 'carded' })
    await server.put(`/api/v2/model/${id}/model-cards`, { metadata: { overview: { modelSummary: 'a lighthouse' } } })
    expect(await namesOf('?search=lighthouse')).toEqual(['carded'])
    expect(await namesOf('?schemaId=minimal-general-v10')).toEqual(['carded'])
    await server.delete(`/api/v2/model/${id}`)
  })

  test.each([
    ['?kind=zzz', /^Path: query\.kind\[0\] - Message: Invalid enum value\. Expected '.*', received 'zzz'$/],
    ['?titleOnly=maybe', /^Path: query\.titleOnly - Message: Expected boolean, received string$/],
  ])('refuses %s', async (query, message) => {
    const { status, body } = await server.get(`/api/v2/models/search${query}`)
    expect(status).toBe(400)
    expect(body.error.message).toMatch(message)
  })

  test('lists the tags in use, the most used first', async () => {
    const { body } = await server.get('/api/v2/models/tags')
    expect(body).toEqual({ tags: ['foo-bar', 'red', 'blue'] })
  })
})

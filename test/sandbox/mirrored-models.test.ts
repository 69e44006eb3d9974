import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, MODEL_SCHEMA, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const createMirror = () =>
  server.createModel({ kind: 'mirrored-model', settings: { mirror: { sourceModelId: 'source-ab12cd' } } })

describe('the settings of a mirror', () => {
  test('are kept, and changed one by one', async () => {
    const modelId = await server.createModel({ settings: { allowTemplating: true } })
    const path = `/api/v2/model/${modelId}`
    await server.patch(path, { settings: { mirror: { destinationModelId: 'there-ab12cd' } } })
    const { body } = await server.patch(path, { settings: { ungovernedAccess: true } })
    expect(body.model.settings).toEqual({
      ungovernedAccess: true,
      allowTemplating: true,
      mirror: { destinationModelId: 'there-ab12cd' },
    })
  })

  test('are refused where they make no sense', async () => {
    const both = { mirror: { sourceModelId: 'a', destinationModelId: 'b' } }
    const created = await server.post('/api/v2/models', { name: 'm', kind: 'model', description: 'd', settings: both })
    expect([created.status, created.body]).toEqual([
      400,
      bailoError('You cannot select both mirror settings simultaneously.'),
    ])
    const refusalOf = async (modelId: string, mirror: object) => {
      const { status, body } = await server.patch(`/api/v2/model/${modelId}`, { settings: { mirror } })
      return [status, body.error.message]
    }
    expect(await refusalOf(await server.createModel(), { sourceModelId: 'a' })).toEqual([
      400,
      'Cannot change standard model to be a mirrored model.',
    ])
    expect(await refusalOf(await createMirror(), { destinationModelId: 'a' })).toEqual([
      400,
      'Cannot set a destination model ID for a mirrored model.',
    ])
  })
})

test('a mirrored model takes no card, release or file of its own', async () => {
  const modelId = await createMirror()
  const other = await server.createModelWithCard()
  const path = `/api/v2/model/${modelId}`
  const changes = { notes: 'n', draft: false, fileIds: [], images: [], modelCardVersion: 1 }
  const answers = [
    await server.post(`${path}/setup/from-schema`, { schemaId: MODEL_SCHEMA }),
    await server.post(`${path}/setup/from-template`, { templateId: other }),
    await server.createRelease(modelId, '1.0.0'),
    await server.put(`${path}/release/1.0.0`, changes),
    await server.delete(`${path}/release/1.0.0`),
    await server.send('POST', `${path}/files/upload/simple?name=a`, 'x'),
    await server.post(`${path}/files/upload/multipart/start`, { name: 'a', size: 1 }),
  ]
  expect(answers.map(({ status, body }) => [status, body])).toEqual(
    [
      'Cannot alter a mirrored model.',
      'Cannot alter a mirrored model.',
      'Cannot create a release from a mirrored model.',
      'Cannot update a release on a mirrored model.',
      'Cannot delete a release on a mirrored model.',
      'Cannot upload files to a mirrored model.',
      'Cannot upload files to a mirrored model.',
    ].map((message) => [400, bailoError(message)]),
  )
})

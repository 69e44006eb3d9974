import { afterAll, beforeAll, expect, test } from 'vitest'
import { matching, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

/** Bodies compared as a whole: a key too many is as wrong as one that is missing. */

let server: TestSandbox
let modelId: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModelWithCard()
})
afterAll(() => server.close())

const STORED = {
  _id: SOME_ID,
  deleted: false,
  deletedBy: '',
  deletedAt: '',
  createdAt: SOME_TEXT,
  updatedAt: SOME_TEXT,
  __v: 0,
}

test('an access request', async () => {
  const schemaId = 'minimal-access-request-general-v10'
  const metadata = { overview: { name: 'Me', entities: ['user:user'] } }
  const { body } = await server.post(`/api/v2/model/${modelId}/access-requests`, { schemaId, metadata })
  const id = matching(/^me-[a-z0-9]{6}$/)
  expect(body).toEqual({ accessRequest: { id, modelId, schemaId, metadata, createdBy: 'user', ...STORED } })
})

test('a webhook', async () => {
  const details = { name: 'w', uri: 'http://127.0.0.1:1/', events: ['createRelease'], insecureSSL: true }
  const { body } = await server.post(`/api/v2/model/${modelId}/webhooks`, details)
  const id = matching(/^w-[a-z0-9]{6}$/)
  expect(body).toEqual({ webhook: { id, modelId, ...details, active: true, ...STORED } })
})

test('the first card of a data card, its file and its release', async () => {
  const dataCardId = await server.createModel({ kind: 'data-card' })
  const path = `/api/v2/model/${dataCardId}`
  const schemaId = 'minimal-data-card-v10'
  const { body: card } = await server.post(`${path}/setup/from-schema`, { schemaId })
  expect(card).toEqual({
    card: { modelId: dataCardId, schemaId, mirrored: false, version: 1, createdBy: 'user', ...STORED, id: SOME_ID },
  })
  const { body: file } = await server.send('POST', `${path}/files/upload/simple?name=x.bin`, 'xyz')
  expect(file.file).toMatchObject({ modelId: dataCardId, size: 3, mime: 'application/octet-stream' })
  const { body: release } = await server.createRelease(dataCardId, '1.0.0')
  expect(release.release).toMatchObject({ modelId: dataCardId, modelCardVersion: 1 })
})

test('a card that was saved', async () => {
  const id = await server.createModelWithCard()
  const metadata = { overview: { modelSummary: 'a summary' } }
  const { body } = await server.put(`/api/v2/model/${id}/model-cards`, { metadata })
  const content = { modelId: id, schemaId: 'minimal-general-v10', mirrored: false, version: 2, metadata }
  expect(body).toEqual({ card: { ...content, createdBy: 'user', ...STORED, id: SOME_ID } })
  const { body: model } = await server.get(`/api/v2/model/${id}`)
  expect(model.model).toMatchObject({ __v: 0 })
  expect(model.model.updatedAt >= body.card.createdAt).toBe(true)
})

test('a release that was changed is shown without its files', async () => {
  const fileId = await server.upload(modelId, 'f', 'x')
  const details = { notes: 'n', fileIds: [fileId], images: [], modelCardVersion: 1 }
  await server.createRelease(modelId, '7.0.0', details)
  const path = `/api/v2/model/${modelId}/release/7.0.0`
  const { body } = await server.put(path, { ...details, notes: 'changed', fileIds: [] })
  const flags = { minor: false, draft: false, createdBy: 'user' }
  expect(body).toEqual({ release: { modelId, semver: '7.0.0', ...details, ...flags, ...STORED, id: body.release._id } })
  const { body: read } = await server.get(path)
  expect(read.release).toMatchObject({ notes: 'changed', files: [], kind: 'comment' })
})

test('the images of a model whose last tag was deleted', async () => {
  await server.pushImage(modelId, 'img', 'v1', 'one')
  await server.pushImage(modelId, 'img2', 'latest', 'two')
  await server.delete(`/api/v2/model/${modelId}/image/img2/latest`)
  const { body } = await server.get(`/api/v2/model/${modelId}/images`)
  expect(body).toEqual({ images: [{ repository: modelId, name: 'img', tags: ['v1'], scanSummaries: [] }] })
})

test('the list of releases has the model as it is now, with its latest card', async () => {
  const id = await server.createModelWithCard()
  await server.createRelease(id, '1.0.0', { modelCardVersion: 1 })
  const metadata = { overview: { modelSummary: 'later' } }
  await server.put(`/api/v2/model/${id}/model-cards`, { metadata })
  const { body: model } = await server.patch(`/api/v2/model/${id}`, { description: 'patched' })
  const { body } = await server.get(`/api/v2/model/${id}/releases`)
  const card = { schemaId: 'minimal-general-v10', version: 2, metadata, mirrored: false }
  expect(body.releases.map((release) => release.model)).toEqual([{ ...model.model, card }])
  expect(body.releases[0]).toMatchObject({ modelCardVersion: 1, files: [] })
})

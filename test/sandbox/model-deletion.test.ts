import { readdir, rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, bailoError, TestSandbox } from './client.js'

const ACCESS_SCHEMA = 'minimal-access-request-general-v10'
const METADATA = { overview: { name: 'a', entities: ['user:user'] } }

let directory: string
let server: TestSandbox
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'deletion-test-'))
  server = await TestSandbox.start({ temporaryParent: directory })
})
afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

async function listBlobs(): Promise<string[]> {
  const [sandboxDirectory = ''] = await readdir(directory)
  return await readdir(join(directory, sandboxDirectory))
}

/** Starts the upload of a file, and returns its id and how to send the first part of it. */
async function startUpload(modelId: string): Promise<{ file: string; part: () => Promise<Answer> }> {
  const path = `/api/v2/model/${modelId}/files/upload/multipart`
  const { fileId, uploadId } = (await server.post(`${path}/start`, { name: 'f', size: 10 })).body
  const query = new URLSearchParams({ fileId, uploadId, partNumber: '1' })
  return { file: fileId, part: () => server.send('POST', `${path}/part?${query.toString()}`, 'some bytes') }
}

test('deleting a file takes the bytes of its upload, which cannot go on', async () => {
  const modelId = await server.createModel()
  const { file, part } = await startUpload(modelId)
  await part()
  expect(await listBlobs()).toHaveLength(1)
  expect((await server.delete(`/api/v2/model/${modelId}/file/${file}`)).status).toBe(200)
  expect(await listBlobs()).toEqual([])
  expect((await part()).status).toBe(404)
  expect(await listBlobs()).toEqual([])
})

describe('deleting a model', () => {
  test('takes everything that hangs on it', async () => {
    const modelId = await server.createModelWithCard({ name: 'doomed' })
    const fileId = await server.upload(modelId, 'a', 'bytes')
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    await server.createRelease(modelId, '1.0.0', { fileIds: [fileId] })
    await server.post(`/api/v2/model/${modelId}/access-requests`, { schemaId: ACCESS_SCHEMA, metadata: METADATA })
    const isOfModel = (review: object) => (review as { model?: { id: string } }).model?.id === modelId
    const reviewsOf = async () =>
      ((await server.get('/api/v2/reviews?mine=false')).body as unknown as { reviews: object[] }).reviews
    expect((await reviewsOf()).some(isOfModel)).toBe(true)

    const { status, text } = await server.delete(`/api/v2/model/${modelId}`)

    expect([status, text]).toEqual([200, '{"message":"Successfully removed model."}'])
    const path = `/api/v2/model/${modelId}`
    for (const rest of ['', '/files', '/releases', '/images', '/model-card-revisions', `/file/${fileId}/download`]) {
      const answer = await server.get(path + rest)
      expect([answer.status, answer.body]).toEqual([404, bailoError('The requested entry was not found.', { modelId })])
    }
    expect((await reviewsOf()).some(isOfModel)).toBe(false)
    const { body } = await server.get('/api/v2/models/search?search=doomed')
    expect(body.models).toEqual([])
    expect(await listBlobs()).toEqual([])
    expect((await server.delete(path)).status).toBe(404)
  })

  test('takes the bytes of uploads that are under way, and of exports', async () => {
    const modelId = await server.createModelWithCard({ settings: { mirror: { destinationModelId: 'mirror-ab12cd' } } })
    const { part } = await startUpload(modelId)
    expect((await part()).status).toBe(200)
    await server.post(`/api/v2/model/${modelId}/export/s3`, { disclaimerAgreement: true })
    expect(await listBlobs()).toHaveLength(2)
    expect((await server.delete(`/api/v2/model/${modelId}`)).status).toBe(200)
    expect(await listBlobs()).toEqual([])
  })

  test('needs the rights on what it takes', async () => {
    const modelId = await server.createModelWithCard()
    const fileId = await server.upload(modelId, 'a', 'bytes')
    await server.createRelease(modelId, '1.0.0', { fileIds: [fileId] })
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    await server.post(`/api/v2/model/${modelId}/access-requests`, { schemaId: ACCESS_SCHEMA, metadata: METADATA })
    const actions = ['model:read']
    for (const missing of [
      'model:write',
      'image:read',
      'release:write',
      'file:write',
      'image:write',
      'access_request:write',
    ]) {
      const keys = await server.createToken(actions)
      const { status, body } = await server.delete(`/api/v2/model/${modelId}`, { keys })
      expect([status, body]).toEqual([
        403,
        bailoError(`This token is missing the required action: ${missing}`, { userDn: 'user', modelId }),
      ])
      actions.push(missing)
    }
    const keys = await server.createToken(actions)
    expect((await server.delete(`/api/v2/model/${modelId}`, { keys })).status).toBe(200)
  })

  test('of a bare model needs no more than the right to write it, and to see that it has no images', async () => {
    const modelId = await server.createModel()
    const keys = await server.createToken(['model:read', 'model:write', 'image:read'])
    expect((await server.delete(`/api/v2/model/${modelId}`, { keys })).status).toBe(200)
  })
})

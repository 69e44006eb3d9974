import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, containing, SOME_ID, SOME_TEXT, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const UNKNOWN_ID = '6b031c75d8790795c2c19093'

async function listSemvers(modelId: string, query = ''): Promise<string[]> {
  const { status, body } = await server.get(`/api/v2/model/${modelId}/releases${query}`)
  expect(status).toBe(200)
  return body.releases.map(({ semver }) => semver)
}

describe('creating a release', () => {
  test('answers the release, with the latest card', async () => {
    const modelId = await server.createModelWithCard()
    await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: {} })
    const fileIds = [await server.upload(modelId, 'a', 'x'), await server.upload(modelId, 'b', 'x')]
    const { status, body } = await server.createRelease(modelId, '1.0.0', { fileIds })
    expect(status).toBe(200)
    expect(body).toEqual({
      release: {
        modelId,
        modelCardVersion: 2,
        semver: '1.0.0',
        notes: 'n',
        minor: false,
        draft: false,
        fileIds,
        images: [],
        createdBy: 'user',
        _id: body.release.id,
        deleted: false,
        deletedBy: '',
        deletedAt: '',
        createdAt: SOME_TEXT,
        updatedAt: SOME_TEXT,
        __v: 0,
        id: SOME_ID,
      },
    })
  })

  test('takes a card version, flags, and fields that nobody knows', async () => {
    const modelId = await server.createModelWithCard()
    await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: {} })
    const details = { modelCardVersion: 1, minor: true, draft: true, bogus: 1 }
    const { body } = await server.createRelease(modelId, '1.0.0', details)
    expect(body.release).toMatchObject({ modelCardVersion: 1, minor: true, draft: true })
    expect(body.release).not.toHaveProperty('bogus')
  })

  test('takes anything truthy for true, and null for what was left out', async () => {
    const modelId = await server.createModelWithCard()
    const details = { minor: 'false', draft: 0, modelCardVersion: null }
    const { status, body } = await server.createRelease(modelId, '1.9.0', details)
    expect(status).toBe(200)
    expect(body.release).toMatchObject({ minor: true, draft: false, modelCardVersion: 1 })
  })

  test('works for data cards too', async () => {
    const modelId = await server.createModel({ kind: 'data-card' })
    await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'minimal-data-card-v10' })
    expect((await server.createRelease(modelId, '1.0.0')).status).toBe(200)
  })

  test('falls over without a card', async () => {
    const modelId = await server.createModel()
    const { status, body } = await server.createRelease(modelId, '1.0.0')
    expect([status, body]).toEqual([500, UNKNOWN_ERROR])
  })

  test.each([
    ['v1.2.3', '1.2.3'],
    ['1.2.3-rc1', '1.2.3-rc1'],
    ['2.0.0-a-b', '2.0.0-a'],
    ['1.2.3-', '1.2.3'],
    ['01.2.3', '1.2.3'],
  ])('stores %s as %s', async (semver, stored) => {
    const modelId = await server.createModelWithCard()
    const { body } = await server.createRelease(modelId, semver)
    expect(body.release.semver).toBe(stored)
    expect((await server.get(`/api/v2/model/${modelId}/release/${stored}`)).status).toBe(200)
  })

  test.each([
    ['not-a-version', 'NaN.NaN.NaN'],
    ['1.0', '1.0.NaN'],
    ['2.0.1+build5', '2.0.NaN'],
    ['1.0.0-dev1', '1.NaN.NaN'],
    ['-1.0.0', '0.NaN.NaN-1.0.0'],
  ])('refuses %s as %s', async (semver, shown) => {
    const modelId = await server.createModelWithCard()
    const { status, body } = await server.createRelease(modelId, semver)
    expect(status).toBe(400)
    expect(body).toEqual(bailoError(`The version '${shown}' is not a valid semver value.`))
  })

  test('refuses a version that is there, also with a v', async () => {
    const modelId = await server.createModelWithCard()
    await server.createRelease(modelId, '1.0.0')
    for (const semver of ['1.0.0', 'v1.0.0']) {
      const { status, body } = await server.createRelease(modelId, semver)
      expect(status).toBe(400)
      const context = { modelId, semver }
      expect(body).toEqual(bailoError('A release with this semver already exists for this model.', context))
    }
  })

  test('refuses a version that was there', async () => {
    const modelId = await server.createModelWithCard()
    await server.createRelease(modelId, '1.0.0')
    const deleted = await server.delete(`/api/v2/model/${modelId}/release/v1.0.0`)
    expect(deleted.body).toEqual({ message: 'Successfully removed release.' })
    expect((await server.get(`/api/v2/model/${modelId}/release/1.0.0`)).status).toBe(404)
    const { status, body } = await server.createRelease(modelId, '1.0.0')
    expect(status).toBe(400)
    expect(body).toEqual(
      bailoError(
        'A release using this semver has been deleted. Please use a different semver or contact an admin to restore ' +
          'the deleted release.',
      ),
    )
  })

  test('refuses files that it cannot have', async () => {
    const [modelId, other] = [await server.createModelWithCard(), await server.createModel()]
    const [a, b] = [await server.upload(modelId, 'same', 'a'), await server.upload(modelId, 'same', 'b')]
    const foreign = await server.upload(other, 'f', 'x')
    const create = (fileIds: unknown[]) => server.createRelease(modelId, '1.0.1', { fileIds })

    const unknown = await create([UNKNOWN_ID])
    expect([unknown.status, unknown.body]).toEqual([
      400,
      bailoError('Unable to create release as the file cannot be found.', {
        fileId: UNKNOWN_ID,
        semver: '1.0.1',
        modelId,
      }),
    ])
    const malformed = await create(['nonsense'])
    expect([malformed.status, malformed.body]).toEqual([500, UNKNOWN_ERROR])
    for (const [fileIds] of [[[a, b]], [[a, a]]]) {
      const { status, body } = await create(fileIds as string[])
      expect([status, body]).toEqual([
        400,
        bailoError(
          `Releases cannot have multiple files with the same name.  The duplicates in this file are: '["same"]'`,
          { fileNames: ['same', 'same'], duplicates: ['same'] },
        ),
      ])
    }
    const elsewhere = await create([foreign])
    expect(elsewhere.status).toBe(400)
    expect(elsewhere.body.error.context).toEqual({ modelId, fileId: foreign, fileModelId: other })
    expect(await listSemvers(modelId)).toEqual([])
  })

  test('refuses images that the registry does not have', async () => {
    const modelId = await server.createModelWithCard()
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    const image = { repository: modelId, name: 'img', tag: 'v2' }
    const images = [{ ...image, tag: 'v1' }, image]
    const { status, body } = await server.createRelease(modelId, '1.0.1', { images })
    expect(status).toBe(400)
    const id = body.error.context.missingImages[0]?.id
    expect(id).toMatch(/^[0-9a-f]{24}$/)
    expect(body).toEqual(
      bailoError('The following images do not exist in the registry.', { missingImages: [{ ...image, _id: id, id }] }),
    )
  })

  test('refuses a card version that does not exist', async () => {
    const modelId = await server.createModelWithCard()
    const { status, body } = await server.createRelease(modelId, '1.0.1', { modelCardVersion: 77 })
    expect(status).toBe(404)
    expect(body).toEqual(bailoError("Version '77' does not exist on the requested model", { modelId, version: 77 }))
  })

  test.each([
    [{ fileIds: 'x' }, 'Path: body.fileIds - Message: Expected array, received string'],
    [{ notes: '' }, 'Path: body.notes - Message: String must contain at least 1 character(s)'],
    [{ modelCardVersion: 'one' }, 'Path: body.modelCardVersion - Message: Expected number, received nan'],
    [
      { images: [{ repository: 'r' }] },
      'Path: body.images[0].name - Message: Required | Path: body.images[0].tag - Message: Required',
    ],
  ])('refuses %j', async (details, message) => {
    const modelId = await server.createModelWithCard()
    const { status, body } = await server.createRelease(modelId, '1.0.0', details)
    expect([status, body.error.message]).toEqual([400, message])
  })

  test('holds hundreds of files', async () => {
    const modelId = await server.createModelWithCard()
    const fileIds = await Promise.all(Array.from({ length: 200 }, (_, i) => server.upload(modelId, `f${i}`, 'x')))
    const { body } = await server.createRelease(modelId, '1.0.0', { fileIds })
    expect(body.release.fileIds).toEqual(fileIds)
    const { body: list } = await server.get(`/api/v2/model/${modelId}/releases`)
    expect(list.releases[0]?.files).toHaveLength(200)
  })
})

describe('a release', () => {
  test('is read with its files and images', async () => {
    const modelId = await server.createModelWithCard()
    await server.pushImage(modelId, 'group/sub/name', 'v1', 'layer')
    const fileId = await server.upload(modelId, 'f', 'x')
    const image = { repository: modelId, name: 'group/sub/name', tag: 'v1' }
    const created = await server.createRelease(modelId, '1.0.0', { fileIds: [fileId], images: [image] })
    const { status, body } = await server.get(`/api/v2/model/${modelId}/release/v1.0.0`)
    expect(status).toBe(200)
    const { body: listed } = await server.get(`/api/v2/model/${modelId}/files`)
    expect(body.release).toEqual({ ...created.body.release, files: listed.files, kind: 'comment' })
    const [shown] = body.release.images
    expect(shown).toEqual({ ...image, _id: shown?.id, id: SOME_ID })
  })

  test.each(['GET', 'PUT', 'DELETE'])('that does not exist is 404 for %s', async (method) => {
    const modelId = await server.createModelWithCard()
    const body = { notes: 'n', modelCardVersion: 1, fileIds: [], images: [] }
    const path = `/api/v2/model/${modelId}/release/9.9.9`
    const answer = method === 'PUT' ? await server.put(path, body) : await server.send(method, path)
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual(bailoError('The requested release was not found.', { modelId, semver: '9.9.9' }))
  })

  test('is changed, and the answer is how it was before', async () => {
    const modelId = await server.createModelWithCard()
    const fileId = await server.upload(modelId, 'f', 'x')
    const created = await server.createRelease(modelId, '1.0.0', { draft: true, minor: true })
    const path = `/api/v2/model/${modelId}/release/1.0.0`
    const changes = { notes: 'changed', modelCardVersion: 1, fileIds: [fileId], images: [] }
    const { status, body } = await server.put(path, { ...changes, draft: 'yes' })
    expect(status).toBe(200)
    expect(body).toEqual(created.body)
    const { body: after } = await server.get(path)
    expect(after.release).toMatchObject({ ...changes, draft: true, minor: true })
    await server.put(path, changes)
    const { body: published } = await server.get(path)
    expect(published.release).toMatchObject({ draft: false })
  })

  test('needs the card version for a change', async () => {
    const modelId = await server.createModelWithCard()
    await server.createRelease(modelId, '1.0.0')
    const path = `/api/v2/model/${modelId}/release/1.0.0`
    const { status, body } = await server.put(path, { notes: 'n', fileIds: [], images: [] })
    expect([status, body.error.message]).toEqual([400, 'Path: body.modelCardVersion - Message: Required'])
  })

  test('never becomes a draft again', async () => {
    const modelId = await server.createModelWithCard()
    await server.createRelease(modelId, '1.0.0')
    const changes = { notes: 'n', modelCardVersion: 1, fileIds: [], images: [], draft: true }
    const { status, body } = await server.put(`/api/v2/model/${modelId}/release/1.0.0`, changes)
    expect(status).toBe(400)
    expect(body).toEqual(bailoError('Once a release has been published, it cannot be returned to draft status.'))
  })
})

describe('the list of releases', () => {
  test('has drafts first, then the last updated', async () => {
    const modelId = await server.createModelWithCard()
    for (const semver of ['1.0.0', '3.0.0', '2.0.0']) await server.createRelease(modelId, semver)
    await server.createRelease(modelId, '0.1.0', { draft: true })
    await server.createRelease(modelId, '4.0.0')
    expect(await listSemvers(modelId)).toEqual(['0.1.0', '4.0.0', '2.0.0', '3.0.0', '1.0.0'])
    const changes = { notes: 'n', modelCardVersion: 1, fileIds: [], images: [] }
    await server.put(`/api/v2/model/${modelId}/release/1.0.0`, changes)
    expect(await listSemvers(modelId)).toEqual(['0.1.0', '1.0.0', '4.0.0', '2.0.0', '3.0.0'])
  })

  test('keeps the order of releases made within one millisecond', async () => {
    const modelId = await server.createModelWithCard()
    const semvers = Array.from({ length: 30 }, (_, index) => `1.0.${index}`)
    for (const semver of semvers) await server.createRelease(modelId, semver)
    expect(await listSemvers(modelId)).toEqual([...semvers].reverse())
  })

  test('shows the model and the files, but no ids of its own', async () => {
    const modelId = await server.createModelWithCard({ tags: ['a'] })
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    const fileId = await server.upload(modelId, 'f', 'x')
    const images = [{ repository: modelId, name: 'img', tag: 'v1' }]
    await server.createRelease(modelId, '1.0.0', { fileIds: [fileId], images })
    const { body } = await server.get(`/api/v2/model/${modelId}/releases`)
    const [release] = body.releases
    const { body: model } = await server.get(`/api/v2/model/${modelId}`)
    expect(release?.model).toEqual({
      ...model.model,
      card: { schemaId: 'minimal-general-v10', version: 1, mirrored: false },
    })
    expect(release?.files).toEqual([containing({ _id: fileId, name: 'f', size: 1, complete: true })])
    expect(release?.images).toEqual([{ ...images[0], _id: SOME_ID }])
    for (const one of [release, release?.files[0], release?.images[0]]) expect(one).not.toHaveProperty('id')
  })

  test.each([
    ['>=2.0.0', ['2.1.0', '2.0.0', '2.0.0-rc1']],
    ['<2.0.0', ['1.2.0', '1.0.0']],
    ['^1.0.0', ['1.2.0', '1.0.0']],
    ['1.0.0 - 2.0.0', ['2.0.0', '2.0.0-rc1', '1.2.0', '1.0.0']],
    ['*', ['2.1.0', '2.0.0', '2.0.0-rc1', '1.2.0', '1.0.0']],
    ['>9', []],
  ])('is limited to %s', async (range, semvers) => {
    const modelId = await server.createModelWithCard()
    for (const semver of ['1.0.0', '1.2.0', '2.0.0-rc1', '2.0.0', '2.1.0']) await server.createRelease(modelId, semver)
    expect(await listSemvers(modelId, `?querySemver=${encodeURIComponent(range)}`)).toEqual(semvers)
  })

  test('is refused for what is not a range', async () => {
    const modelId = await server.createModelWithCard()
    const { status, body } = await server.get(`/api/v2/model/${modelId}/releases?querySemver=nonsense`)
    expect(status).toBe(400)
    expect(body).toEqual(bailoError('Semver range is invalid.', { semverQuery: 'nonsense' }))
  })
})

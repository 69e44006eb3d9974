import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

async function askForToken(authorization: string, repository: string, actions: string) {
  const path = `/api/v1/registry_auth?service=RegistryAuth&scope=repository:${repository}:${actions}`
  const { status, body } = await server.get(path, { headers: { authorization } })
  return { status, message: body.errors?.[0]?.message }
}

describe('images', () => {
  test('of a new model are none', async () => {
    const modelId = await server.createModel()
    expect((await server.get(`/api/v2/model/${modelId}/images`)).body).toEqual({ images: [] })
  })

  test('that were pushed are listed with all their tags', async () => {
    const modelId = await server.createModel()
    for (const [name, tag] of [
      ['img', 'v2'],
      ['img', 'v1'],
      ['group/sub/name', 'v1'],
    ] as const) {
      await server.pushImage(modelId, name, tag, `layer of ${name} ${tag}`)
    }
    const { body } = await server.get(`/api/v2/model/${modelId}/images`)
    expect(body).toEqual({
      images: [
        { repository: modelId, name: 'group/sub/name', tags: ['v1'], scanSummaries: [] },
        { repository: modelId, name: 'img', tags: ['v1', 'v2'], scanSummaries: [] },
      ],
    })
  })

  test.each(['img', 'group/sub/name'])('are described one by one: %s', async (name) => {
    const modelId = await server.createModel()
    const digest = await server.pushImage(modelId, name, 'v1', 'a layer')
    const { status, body } = await server.get(`/api/v2/model/${modelId}/image/${encodeURIComponent(name)}/v1`)
    expect(status).toBe(200)
    expect(body).toEqual({
      imageBreakdown: {
        tag: 'v1',
        digest,
        state: 'notScanned',
        severityCounts: { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 },
        scanResults: [],
        imageSize: '{}'.length + 'a layer'.length,
      },
    })
  })

  test('with an unknown tag are an unknown error', async () => {
    const modelId = await server.createModel()
    await server.pushImage(modelId, 'img', 'v1', 'x')
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await server.send(method, `/api/v2/model/${modelId}/image/img/v9`)
      expect([status, body]).toEqual([500, UNKNOWN_ERROR])
    }
  })

  test('are deleted tag by tag, and leave their releases', async () => {
    const modelId = await server.createModelWithCard()
    await server.pushImage(modelId, 'img', 'v1', 'x')
    await server.pushImage(modelId, 'img', 'v2', 'y')
    const images = ['v1', 'v2'].map((tag) => ({ repository: modelId, name: 'img', tag }))
    await server.createRelease(modelId, '1.0.0', { images })
    const { status, body } = await server.delete(`/api/v2/model/${modelId}/image/img/v1`)
    expect([status, body]).toEqual([200, { message: 'Successfully removed image.' }])
    const { body: listed } = await server.get(`/api/v2/model/${modelId}/images`)
    expect(listed.images).toMatchObject([{ name: 'img', tags: ['v2'] }])
    const { body: read } = await server.get(`/api/v2/model/${modelId}/release/1.0.0`)
    expect(read.release.images).toMatchObject([images[1]])
  })
})

describe('what the registry is told of callers and models', () => {
  test.each([
    ['Bearer x', "Incorrect authorization type, should be 'basic'"],
    ['Basic', 'Access key and secret key were not provided.'],
    [basic({ accessKey: 'BAC_NOBODY00', secretKey: 'x' }), 'Could not find token'],
  ])('the header %j is refused', async (authorization, message) => {
    const modelId = await server.createModel()
    expect(await askForToken(authorization, `${modelId}/img`, 'pull')).toEqual({ status: 401, message })
  })

  test('a wrong secret is refused', async () => {
    const authorization = basic({ accessKey: server.sandbox.accessKey, secretKey: 'BSK_wrong' })
    expect(await askForToken(authorization, 'x/img', 'pull')).toEqual({ status: 401, message: 'Invalid secret key' })
  })

  test('data cards have no images', async () => {
    const modelId = await server.createModel({ kind: 'data-card' })
    const answer = await askForToken(basic(server.sandbox), `${modelId}/img`, 'pull,push')
    expect(answer).toEqual({ status: 403, message: 'ModelId not found.' })
  })

  test('a token needs the action of what it asks for', async () => {
    const modelId = await server.createModel()
    const reader = basic(await server.createToken(['model:read', 'image:read']))
    expect(await askForToken(reader, `${modelId}/img`, 'pull')).toEqual({ status: 200, message: undefined })
    for (const actions of ['pull,push', 'delete']) {
      const message = 'This token is missing the required action: image:write'
      expect(await askForToken(reader, `${modelId}/img`, actions)).toEqual({ status: 403, message })
    }
    const other = basic(await server.createToken(['image:read', 'image:write', 'model:read'], [modelId]))
    expect((await askForToken(other, `${modelId}/img`, 'pull,push')).status).toBe(200)
    const elsewhere = await askForToken(other, `${await server.createModel()}/img`, 'pull,push')
    expect(elsewhere).toEqual({ status: 403, message: 'This token may not be used for this model' })
  })
})

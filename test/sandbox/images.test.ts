import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, basic, TestSandbox, UNKNOWN_ERROR } from './client.js'

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

  test('of one platform are described whatever the digest', async () => {
    const modelId = await server.createModel()
    await server.pushImage(modelId, 'img', 'v1', 'a layer')
    const path = `/api/v2/model/${modelId}/image/img/v1`
    const { body: expected } = await server.get(path)
    const { status, body } = await server.get(`${path.replace('v2', 'v3')}/sha256:0`)
    expect([status, body]).toEqual([200, expected])
  })

  test('of several platforms are described one by one', async () => {
    const modelId = await server.createModel()
    const amd64 = await server.pushImage(modelId, 'group/img', 'amd64', 'a layer')
    const armV7 = await server.pushImage(modelId, 'group/img', 'arm', 'another layer')
    const other = await server.pushImage(modelId, 'group/img', 'other', 'x')
    const digest = await server.pushIndex(modelId, 'group/img', 'v1', [
      { digest: amd64, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: armV7, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
      { digest: other },
    ])
    const read = async (wanted: string) => {
      const { status, body } = await server.get(`/api/v3/model/${modelId}/image/group%2Fimg/v1/${wanted}`)
      return { status, body }
    }
    const severityCounts = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 }
    const common = { tag: 'v1', digest, state: 'notScanned', severityCounts, scanResults: [] }
    expect(await read(amd64)).toEqual({
      status: 200,
      body: { imageBreakdown: { ...common, platform: 'linux/amd64', imageSize: '{}a layer'.length } },
    })
    expect(await read(armV7)).toEqual({
      status: 200,
      body: { imageBreakdown: { ...common, platform: 'linux/arm/v7', imageSize: '{}another layer'.length } },
    })
    const imageRef = { repository: modelId, name: 'group/img', tag: 'v1' }
    expect(await read(digest)).toEqual({
      status: 400,
      body: bailoError('Digest does not exist in manifest list', { imageRef, digest }),
    })
    expect(await read(other)).toEqual({
      status: 400,
      body: bailoError('Manifest entry missing platform metadata', { imageRef, digest: other }),
    })
  })

  test('are described by digest to those who may see them, and when they are there', async () => {
    const modelId = await server.createModel()
    const path = `/api/v3/model/${modelId}/image/img/v1/sha256:0`
    const unknown = await server.get(path)
    expect([unknown.status, unknown.body]).toEqual([500, UNKNOWN_ERROR])
    const keys = await server.createToken(['model:read'])
    const refused = await server.get(path, { keys })
    expect(refused.status).toBe(403)
    expect(refused.body.error.message).toBe('This token is missing the required action: image:read')
    expect((await server.get('/api/v3/model/nothing/image/img/v1/sha256:0')).status).toBe(404)
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

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, SOME_ID, SOME_TEXT, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
let modelId: string
let releaseId: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModelWithCard({ collaborators: [{ entity: 'user:user', roles: ['owner', 'mtr'] }] })
  releaseId = (await server.createRelease(modelId, '1.0.0')).body.release._id
})
afterAll(() => server.close())

const UNKNOWN_ID = '0123456789abcdef01234567'

async function comment(text: string) {
  const { status, body } = await server.post(`/api/v2/model/${modelId}/release/v1.0.0/comment`, { comment: text })
  expect(status).toBe(200)
  return body.response
}

describe('a comment', () => {
  test('can be made on a release, however its version is written', async () => {
    const made = await comment('well')
    expect(made).toEqual({
      _id: SOME_ID,
      entity: 'user:user',
      kind: 'comment',
      comment: 'well',
      parentId: releaseId,
      reactions: [],
      deleted: false,
      deletedBy: '',
      deletedAt: '',
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
      __v: 0,
    })
    const { body } = await server.get(`/api/v2/responses?parentIds=${releaseId}`)
    expect(body.responses).toContainEqual(made)
  })

  test('cannot be made on a release that does not exist', async () => {
    const { status, body } = await server.post(`/api/v2/model/${modelId}/release/9.9.9/comment`, { comment: 'x' })
    expect(status).toBe(404)
    expect(body).toEqual(bailoError('The requested release was not found.', { modelId, semver: '9.9.9' }))
    expect((await server.post(`/api/v2/model/${modelId}/release/1.0.0/comment`, {})).status).toBe(400)
  })

  test('cannot be made on a release of a mirrored model', async () => {
    const mirror = await server.createModel({ settings: { mirror: { sourceModelId: 'elsewhere' } } })
    const { status, body } = await server.post(`/api/v2/model/${mirror}/release/1.0.0/comment`, { comment: 'x' })
    expect([status, body]).toEqual([400, bailoError('Cannot create a new comment on a mirrored model.')])
  })

  test('goes with its release', async () => {
    const { body } = await server.createRelease(modelId, '2.0.0')
    await server.post(`/api/v2/model/${modelId}/release/2.0.0/comment`, { comment: 'x' })
    const path = `/api/v2/responses?parentIds=${body.release._id}`
    expect((await server.get(path)).body.responses).toHaveLength(1)
    await server.delete(`/api/v2/model/${modelId}/release/2.0.0`)
    expect((await server.get(path)).body.responses).toEqual([])
  })

  test('can be changed by its author, and by nobody else', async () => {
    const { _id: responseId } = await comment('well')
    const path = `/api/v2/response/${responseId}`
    const { status, body } = await server.patch(path, { comment: 'better' })
    expect(status).toBe(200)
    expect(body.response).toMatchObject({ _id: responseId, comment: 'better', commentEditedAt: SOME_TEXT })
    const refused = await server.patch(path, { comment: 'worse' }, { keys: server.sandbox.createKeys('alice') })
    expect(refused.status).toBe(403)
    const message = 'Only the original author can update a comment or review response.'
    expect(refused.body).toEqual(bailoError(message, { userDn: 'alice', responseId }))
  })
})

describe('a reaction', () => {
  test('is added, joined by others and taken back', async () => {
    const { _id: responseId } = await comment('well')
    const path = `/api/v2/response/${responseId}/reaction/heart`
    const keys = server.sandbox.createKeys('alice')
    const reactions = async (sending = {}) => (await server.patch(path, {}, sending)).body.response.reactions
    expect(await reactions()).toEqual([{ kind: 'heart', users: ['user'], _id: SOME_ID }])
    expect(await reactions({ keys })).toEqual([{ kind: 'heart', users: ['user', 'alice'], _id: SOME_ID }])
    expect(await reactions()).toEqual([{ kind: 'heart', users: ['alice'], _id: SOME_ID }])
  })

  test('is one of four', async () => {
    const { _id: responseId } = await comment('well')
    const { status, body } = await server.patch(`/api/v2/response/${responseId}/reaction/yawn`, {})
    expect(status).toBe(400)
    expect(body.error.message).toBe(
      "Path: params.kind - Message: Invalid enum value. Expected 'like' | 'dislike' | 'celebrate' | 'heart', received 'yawn'",
    )
  })
})

describe('a response that does not exist', () => {
  test.each(['', '/reaction/like'])('is not found for %j', async (suffix) => {
    const unknown = await server.patch(`/api/v2/response/${UNKNOWN_ID}${suffix}`, { comment: 'x' })
    expect(unknown.status).toBe(404)
    expect(unknown.body).toEqual(bailoError('The requested response was not found.', { responseId: UNKNOWN_ID }))
    const malformed = await server.patch(`/api/v2/response/nope${suffix}`, { comment: 'x' })
    expect([malformed.status, malformed.body]).toEqual([500, UNKNOWN_ERROR])
  })
})

describe('the list of responses', () => {
  test('of the caller is of the reviews that they were asked for and have answered', async () => {
    expect((await server.get('/api/v2/responses?mine=true')).body.responses).toEqual([])
    const review = `/api/v2/model/${modelId}/release/1.0.0/review`
    const { body } = await server.post(review, { role: 'mtr', decision: 'approve' })
    for (const mine of ['true', 'false']) {
      const answer = await server.get(`/api/v2/responses?mine=${mine}`)
      expect(answer.body.responses).toEqual([body.response])
    }
    const byParent = await server.get(`/api/v2/responses?mine=true&parentIds=${UNKNOWN_ID}`)
    expect(byParent.body.responses).toEqual([])
  })

  test('needs to be told which', async () => {
    const { status, body } = await server.get('/api/v2/responses')
    expect([status, body.error.message]).toEqual([400, 'Path: query - Message: Invalid input'])
    expect((await server.get('/api/v2/responses?parentIds=nope')).status).toBe(500)
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bailoError, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'
import { WebhookReceiver } from './webhook-receiver.js'

let server: TestSandbox
let modelId: string
beforeAll(async () => void (server = await TestSandbox.start()))
beforeEach(async () => {
  // Only the clock: the server's own timers go on.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-15T12:00:00Z') })
  modelId = await server.createModelWithCard({ collaborators: [{ entity: 'user:user', roles: ['owner', 'msro'] }] })
})
afterEach(() => void vi.useRealTimers())
afterAll(() => server.close())

const UNKNOWN_ID = '0123456789abcdef01234567'
const DUE = '2026-06-01T00:00:00.000Z'
const LATER = '2027-06-01T00:00:00.000Z'
const IN_THE_PAST = 'Path: body.dueDate - Message: Due date of next review cannot be in the past.'

const askForReview = (dueDate: unknown = DUE) =>
  server.post(`/api/v3/review/${modelId}`, { kind: 'lifecycle', dueDate })

/** Asks for the lifecycle review of the model and returns its id. */
async function createReview(): Promise<string> {
  const { status, body } = await askForReview()
  expect(status).toBe(200)
  return body.review._id
}

/** Creates a release and returns the id of the review that the caller is asked for. */
async function createReleaseReview(): Promise<string> {
  await server.createRelease(modelId, '1.0.0')
  const { body } = await server.get(`/api/v2/reviews?modelId=${modelId}&kind=release`)
  return body.reviews[0]?._id as string
}

async function listDueDates(query: string) {
  const { body } = await server.get(`/api/v2/reviews?modelId=${modelId}&kind=lifecycle&${query}`)
  return body.reviews.map(({ dueDate }) => dueDate)
}

const answer = (reviewId: string, body: object, sending = {}) =>
  server.post(`/api/v3/review/${reviewId}/response`, body, sending)

describe('a lifecycle review', () => {
  test('is asked of the owners of a model', async () => {
    const { status, body } = await askForReview('2026-06-01')
    expect(status).toBe(200)
    expect(body.review).toEqual({
      _id: SOME_ID,
      modelId,
      role: 'owner',
      kind: 'lifecycle',
      dueDate: DUE,
      deleted: false,
      deletedBy: '',
      deletedAt: '',
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
      __v: 0,
    })
    expect(await listDueDates('mine=true&open=true')).toEqual([DUE])
  })

  test('is asked for once at a time', async () => {
    await createReview()
    const { status, body } = await askForReview()
    expect([status, body]).toEqual([400, bailoError('This model has an open lifecycle review.', { modelId })])
  })

  test.each([
    ['tomorrow', 'Path: body.dueDate - Message: Invalid date'],
    [undefined, 'Path: body.dueDate - Message: Invalid date'],
    [null, IN_THE_PAST],
    ['2026-03-15T12:00:00Z', IN_THE_PAST],
  ])('is not for the date %j', async (dueDate, message) => {
    const { status, body } = await server.post(`/api/v3/review/${modelId}`, { kind: 'lifecycle', dueDate })
    expect([status, body.error.message]).toEqual([400, message])
  })

  test('is asked for by those who may change the model', async () => {
    const path = `/api/v3/review/${modelId}`
    const body = { kind: 'lifecycle', dueDate: DUE }
    const refusalOf = async (keys: Parameters<typeof server.post>[2]) => {
      const refused = await server.post(path, body, keys)
      return [refused.status, refused.body.error.message]
    }
    const alice = server.sandbox.createKeys('alice')
    expect(await refusalOf({ keys: alice })).toEqual([403, 'You do not have permission to update a model.'])
    const reader = await server.createToken(['model:read'])
    const message = 'This token is missing the required action: model:write'
    expect(await refusalOf({ keys: reader })).toEqual([403, message])
    expect((await server.post('/api/v3/review/nothing', body)).status).toBe(404)
    expect((await server.post(path, body, { headers: { authorization: 'Basic eDp5' } })).status).toBe(401)
  })

  test.each([
    [{ kind: 'release', semver: '1.0.0' }, 'Creating release reviews is not supported yet in V3.'],
    [{ kind: 'access', accessRequestId: 'x' }, 'Creating access reviews is not supported yet in V3.'],
    [{ kind: 'release' }, 'Path: body.semver - Message: Required'],
    [{}, "Path: body.kind - Message: Invalid discriminator value. Expected 'lifecycle' | 'release' | 'access'"],
  ])('is the only one that can be asked for: not %j', async (body, message) => {
    const refused = await server.post(`/api/v3/review/${modelId}`, body)
    expect([refused.status, refused.body.error.message]).toEqual([400, message])
  })
})

describe('an answer by the id of the review', () => {
  test('approves a model until the next review', async () => {
    const reviewId = await createReview()
    const approval = { kind: 'lifecycle', decision: 'approve', comment: 'still fine', dueDate: '2027-06-01' }
    const { status, body } = await answer(reviewId, approval)
    expect(status).toBe(200)
    expect(body.response).toMatchObject({
      _id: SOME_ID,
      entity: 'user:user',
      kind: 'review',
      role: 'owner',
      decision: 'approve',
      comment: 'still fine',
      parentId: reviewId,
    })
    expect(await listDueDates('open=false')).toEqual([DUE])
    expect(await listDueDates('open=true')).toEqual([LATER])
  })

  test.each([{ decision: 'approve' }, { decision: 'undo' }, { decision: 'request_changes', comment: 'no' }])(
    'is kept for a release, and webhooks hear of it: %j',
    async (decision) => {
      const reviewId = await createReleaseReview()
      const receiver = await WebhookReceiver.start()
      try {
        const hook = {
          name: 'h',
          uri: `http://127.0.0.1:${receiver.port}`,
          events: ['createReviewResponse'],
          active: true,
          insecureSSL: false,
        }
        await server.post(`/api/v2/model/${modelId}/webhooks`, hook)
        const { status, body } = await answer(reviewId, { kind: 'release', ...decision })
        expect(status).toBe(200)
        expect(body.response).toMatchObject({ role: 'msro', parentId: reviewId, ...decision })
        const [received] = await receiver.wait(1)
        expect(received?.body).toMatchObject({ review: { _id: reviewId, modelId } })
      } finally {
        await receiver.close()
      }
      expect(await listDueDates('mine=false')).toEqual([])
    },
  )

  test('is for those who hold the role', async () => {
    const reviewId = await createReleaseReview()
    const alice = server.sandbox.createKeys('alice')
    const refused = await answer(reviewId, { kind: 'release', decision: 'undo' }, { keys: alice })
    const message = 'Unable to find Review to respond to.'
    expect([refused.status, refused.body]).toEqual([404, bailoError(message, { reviewId })])
    expect((await answer(UNKNOWN_ID, { kind: 'release', decision: 'undo' })).status).toBe(404)
    const malformed = await answer('nope', { kind: 'release', decision: 'undo' })
    expect([malformed.status, malformed.body]).toEqual([400, bailoError('Invalid reviewId', { reviewId: 'nope' })])
  })

  test('is kept even though its author may not read the release, which is what they are told', async () => {
    const reviewId = await createReleaseReview()
    const keys = await server.createToken(['model:read'])
    const refused = await answer(reviewId, { kind: 'release', decision: 'approve' }, { keys })
    expect([refused.status, refused.body.error.message]).toEqual([
      403,
      'This token is missing the required action: release:read',
    ])
    expect((await server.get(`/api/v3/review/${reviewId}/responses/latest`)).status).toBe(200)
  })

  const DECISIONS = "Invalid discriminator value. Expected 'approve' | 'undo' | 'request_changes'"
  const KINDS = "Invalid discriminator value. Expected 'lifecycle' | 'release' | 'access'"
  const LITERAL = 'Invalid literal value, expected "approve"'

  test.each([
    [{}, `Path: body.decision - Message: ${DECISIONS} | Path: body.kind - Message: ${KINDS}`],
    [
      { kind: 'release', decision: 'request_changes', comment: '' },
      'Path: body.comment - Message: A comment must be supplied when requesting changes',
    ],
    [
      { kind: 'lifecycle', decision: 'undo' },
      `Path: body.dueDate - Message: Invalid date | Path: body.decision - Message: ${LITERAL}`,
    ],
    [
      { kind: 'lifecycle', dueDate: LATER },
      `Path: body.decision - Message: ${DECISIONS} | Path: body.decision - Message: ${LITERAL}`,
    ],
    [{ kind: 'lifecycle', decision: 'approve', dueDate: '2020-01-01' }, IN_THE_PAST],
  ])('is refused for %j', async (body, message) => {
    const refused = await answer(await createReview(), body)
    expect([refused.status, refused.body.error.message]).toEqual([400, message])
  })
})

describe('the latest answer to a review', () => {
  test('is the last one', async () => {
    const reviewId = await createReleaseReview()
    const path = `/api/v3/review/${reviewId}/responses/latest`
    const none = await server.get(path)
    const message = 'The requested response was not found.'
    expect([none.status, none.body]).toEqual([404, bailoError(message, { reviewId })])
    await answer(reviewId, { kind: 'release', decision: 'approve' })
    const { body: last } = await answer(reviewId, { kind: 'release', decision: 'undo' })
    const { status, body } = await server.get(path)
    expect([status, body]).toEqual([200, { response: last.response }])
  })

  test('is not looked for by a malformed id', async () => {
    const { status, body } = await server.get('/api/v3/review/nope/responses/latest')
    const issue = {
      validation: 'regex',
      code: 'invalid_string',
      message: 'Invalid review id',
      path: ['params', 'reviewId'],
    }
    const message = 'Path: params.reviewId - Message: Invalid review id'
    expect([status, body]).toEqual([400, bailoError(message, { errors: [issue] })])
  })
})

describe('a reminder of a review', () => {
  test('is acknowledged', async () => {
    const { status, text, headers } = await server.post(`/api/v3/review/${await createReleaseReview()}/notify`, {})
    expect([status, text, headers.get('content-type')]).toEqual([200, 'OK', 'text/plain; charset=utf-8'])
  })

  test('is for those who hold the role and may change the card', async () => {
    const path = `/api/v3/review/${await createReleaseReview()}/notify`
    const refusalOf = async (keys: Parameters<typeof server.post>[2], address = path) => {
      const refused = await server.post(address, {}, keys)
      return [refused.status, refused.body.error.message]
    }
    const alice = server.sandbox.createKeys('alice')
    expect(await refusalOf({ keys: alice })).toEqual([404, 'Unable to find Review to respond to.'])
    const message = 'This token is missing the required action: model:write'
    expect(await refusalOf({ keys: await server.createToken(['model:read']) })).toEqual([403, message])
    expect(await refusalOf({}, '/api/v3/review/nope/notify')).toEqual([400, 'Path: params.reviewId - Message: Invalid'])
  })
})

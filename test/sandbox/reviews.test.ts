import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bailoError, SOME_ID, SOME_TEXT, TestSandbox, UNKNOWN_ERROR } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const ACCESS_SCHEMA = 'minimal-access-request-general-v10'

let modelId: string
beforeEach(async () => {
  modelId = await server.createModelWithCard({ collaborators: [{ entity: 'user:user', roles: ['owner', 'msro'] }] })
})

async function askForAccess(): Promise<string> {
  const metadata = { overview: { name: 'me', entities: ['user:user'] } }
  const path = `/api/v2/model/${modelId}/access-requests`
  const { body } = await server.post(path, { schemaId: ACCESS_SCHEMA, metadata })
  return body.accessRequest.id
}

async function list(query: string) {
  const { status, body, headers } = await server.get(`/api/v2/reviews?modelId=${modelId}&${query}`)
  expect(status).toBe(200)
  expect(headers.get('x-count')).toBe(String(body.reviews.length))
  return body.reviews.map(({ _id, kind, role, semver, accessRequestId }) => ({
    _id,
    text: [kind, role, semver ?? accessRequestId].join(' '),
  }))
}

async function listTexts(query: string): Promise<string[]> {
  return (await list(query)).map(({ text }) => text)
}

describe('a review', () => {
  test('is asked of each role of the schema of the card, when a release is created', async () => {
    await server.createRelease(modelId, '1.0.0')
    expect(await listTexts('mine=false')).toEqual(['release msro 1.0.0', 'release mtr 1.0.0'])
    const { body } = await server.get(`/api/v2/reviews?modelId=${modelId}&mine=true`)
    expect(body.reviews).toEqual([
      {
        _id: SOME_ID,
        kind: 'release',
        semver: '1.0.0',
        role: 'msro',
        modelId,
        model: expect.objectContaining({ id: modelId }) as unknown,
        deleted: false,
        deletedBy: '',
        deletedAt: '',
        createdAt: SOME_TEXT,
        updatedAt: SOME_TEXT,
        __v: 0,
      },
    ])
  })

  test.each([{ minor: true }, { draft: true }])('is not asked for a release with %j', async (details) => {
    await server.createRelease(modelId, '1.0.0', details)
    expect(await list('mine=false')).toEqual([])
  })

  test('is asked of each role of the schema of an access request', async () => {
    const id = await askForAccess()
    expect(await listTexts('mine=false')).toEqual([`access msro ${id}`])
  })

  test('goes when what it is about goes', async () => {
    await server.createRelease(modelId, '1.0.0')
    await server.createRelease(modelId, '2.0.0')
    const id = await askForAccess()
    await server.delete(`/api/v2/model/${modelId}/release/1.0.0`)
    await server.delete(`/api/v2/model/${modelId}/access-request/${id}`)
    expect(await listTexts('mine=false')).toEqual(['release msro 2.0.0', 'release mtr 2.0.0'])
    await server.delete(`/api/v2/model/${modelId}`)
    expect(await list('mine=false')).toEqual([])
  })
})

describe('the list of reviews', () => {
  test('has a filter for everything', async () => {
    await server.createRelease(modelId, '1.0.0')
    const access = await askForAccess()
    const accessText = `access msro ${access}`
    expect((await listTexts('mine=false')).sort()).toEqual([accessText, 'release msro 1.0.0', 'release mtr 1.0.0'])
    // Without the parameter the list holds what is asked of the caller.
    expect((await listTexts('')).sort()).toEqual([accessText, 'release msro 1.0.0'])
    expect(await listTexts('mine=false&kind=access')).toEqual([accessText])
    expect(await listTexts('mine=false&semver=1.0.0&kind=release')).toHaveLength(2)
    expect(await listTexts('mine=false&semver=9.9.9')).toEqual([])
    expect(await listTexts(`mine=false&accessRequestId=${access}`)).toEqual([accessText])
    const [mtr] = (await list('mine=false')).filter(({ text }) => text.includes('mtr'))
    expect(await listTexts(`mine=false&reviewId=${mtr?._id}`)).toEqual(['release mtr 1.0.0'])
    const malformed = await server.get('/api/v2/reviews?reviewId=nope')
    expect([malformed.status, malformed.body]).toEqual([500, UNKNOWN_ERROR])
    expect((await server.get('/api/v2/reviews?kind=nope')).status).toBe(400)
  })

  test('tells open reviews from those that the caller has answered', async () => {
    await server.createRelease(modelId, '1.0.0')
    const path = `/api/v2/model/${modelId}/release/1.0.0/review`
    expect((await server.post(path, { role: 'msro', decision: 'approve' })).status).toBe(200)
    expect(await listTexts('mine=false&open=true')).toEqual(['release mtr 1.0.0'])
    expect(await listTexts('mine=false&open=false')).toEqual(['release msro 1.0.0'])
  })

  test('can be counted without being sent', async () => {
    await server.createRelease(modelId, '1.0.0')
    const { status, headers, text } = await server.send('HEAD', `/api/v2/reviews?mine=false&modelId=${modelId}`)
    expect([status, headers.get('x-count'), text]).toEqual([200, '2', ''])
  })

  test('leaves out models that a token is not for', async () => {
    await server.createRelease(modelId, '1.0.0')
    const keys = await server.createToken(['model:read'], [await server.createModel()])
    const { body } = await server.get(`/api/v2/reviews?mine=false&modelId=${modelId}`, { keys })
    expect(body.reviews).toEqual([])
  })
})

describe('an answer to a review', () => {
  test.each([
    [{ decision: 'approve' }, {}],
    [{ decision: 'request_changes', comment: 'no' }, { comment: 'no' }],
    [{ decision: 'undo', comment: '' }, { comment: '' }],
  ])('is kept: %j', async (answer, comment) => {
    await server.createRelease(modelId, '1.0.0')
    const [review] = await list('')
    const path = `/api/v2/model/${modelId}/release/1.0.0/review`
    const { status, body } = await server.post(path, { role: 'msro', ...answer })
    expect(status).toBe(200)
    expect(body.response).toEqual({
      _id: SOME_ID,
      entity: 'user:user',
      kind: 'review',
      role: 'msro',
      decision: answer.decision,
      ...comment,
      parentId: review?._id,
      reactions: [],
      deleted: false,
      deletedBy: '',
      deletedAt: '',
      createdAt: SOME_TEXT,
      updatedAt: SOME_TEXT,
      __v: 0,
    })
    const listed = await server.get(`/api/v2/responses?parentIds=${review?._id}`)
    expect(listed.body.responses).toEqual([body.response])
  })

  test('is for those who hold the role on the model', async () => {
    await server.createRelease(modelId, '1.0.0')
    const path = `/api/v2/model/${modelId}/release/1.0.0/review`
    const { status, body } = await server.post(path, { role: 'mtr', decision: 'approve' })
    expect(status).toBe(404)
    const context = { modelId, reviewIdQuery: { semver: '1.0.0' }, role: 'mtr' }
    expect(body).toEqual(bailoError('Unable to find Review to respond to.', context))
  })

  test('needs a comment when it asks for changes', async () => {
    await server.createRelease(modelId, '1.0.0')
    const path = `/api/v2/model/${modelId}/release/1.0.0/review`
    const refusalOf = async (body: unknown) => {
      const answer = await server.post(path, body)
      return [answer.status, answer.body.error.message]
    }
    expect(await refusalOf({ role: 'msro', decision: 'request_changes' })).toEqual([
      400,
      'Path: body.comment - Message: Required',
    ])
    expect(await refusalOf({ role: 'msro', decision: 'request_changes', comment: '' })).toEqual([
      400,
      'Path: body.comment - Message: A comment must be supplied when requesting changes',
    ])
    expect(await refusalOf({ decision: 'request_changes' })).toEqual([
      400,
      'Path: body.role - Message: Required | Path: body.comment - Message: Required',
    ])
    expect(await refusalOf({ role: 1, decision: 'undo' })).toEqual([
      400,
      'Path: body.role - Message: Expected string, received number',
    ])
    expect(await refusalOf([])).toEqual([400, 'Path: body - Message: Expected object, received array'])
  })

  test.each([[{ role: 'msro', decision: 'maybe' }], [{ role: 'msro' }], [{ decision: 7, role: 7 }]])(
    'makes a decision that there is: not %j',
    async (answer) => {
      const path = `/api/v2/model/${modelId}/release/1.0.0/review`
      const { status, body } = await server.post(path, answer)
      const message = "Invalid discriminator value. Expected 'approve' | 'undo' | 'request_changes'"
      const options = ['approve', 'undo', 'request_changes']
      const issue = { code: 'invalid_union_discriminator', options, path: ['body', 'decision'], message }
      expect([status, body]).toEqual([
        400,
        bailoError(`Path: body.decision - Message: ${message}`, { errors: [issue] }),
      ])
    },
  )

  test('is kept even though its author may not read the release, which is what they are told', async () => {
    await server.createRelease(modelId, '1.0.0')
    const keys = await server.createToken(['model:read'])
    const path = `/api/v2/model/${modelId}/release/1.0.0/review`
    const { status, body } = await server.post(path, { role: 'msro', decision: 'approve' }, { keys })
    expect(status).toBe(403)
    expect(body.error.message).toBe('This token is missing the required action: release:read')
    expect(await listTexts('open=false')).toEqual(['release msro 1.0.0'])
  })

  test('to an access request opens the model to who asked', async () => {
    const alice = server.sandbox.createKeys('alice')
    const fileId = await server.upload(modelId, 'f', 'x')
    const download = () => server.get(`/api/v2/model/${modelId}/file/${fileId}/download`, { keys: alice })
    const refused = await download()
    expect(refused.status).toBe(403)
    const message = 'You need to have an approved access request or have permission to download a file.'
    expect(refused.body).toEqual(bailoError(message, { userDn: 'alice', fileId }))
    const metadata = { overview: { name: 'please', entities: ['user:alice'] } }
    const path = `/api/v2/model/${modelId}/access-requests`
    const { body } = await server.post(path, { schemaId: ACCESS_SCHEMA, metadata }, { keys: alice })
    expect(body.accessRequest.createdBy).toBe('alice')
    const review = `/api/v2/model/${modelId}/access-request/${body.accessRequest.id}/review`
    expect((await server.post(review, { role: 'msro', decision: 'approve' }, { keys: alice })).status).toBe(404)
    expect((await download()).status).toBe(403)
    expect((await server.post(review, { role: 'msro', decision: 'approve' })).status).toBe(200)
    expect((await download()).status).toBe(200)
  })
})

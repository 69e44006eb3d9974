import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bailoError, SOME_ID, TestSandbox, type Sending } from './client.js'

let server: TestSandbox
let modelId: string
beforeAll(async () => void (server = await TestSandbox.start()))
beforeEach(async () => void (modelId = await server.createModel()))
afterAll(() => server.close())

const SCHEMA = 'minimal-access-request-general-v10'

function metadataFor(...users: string[]) {
  return { overview: { name: 'Me too', entities: users.map((user) => `user:${user}`) } }
}

async function ask(user = 'user', sending: Sending = {}) {
  const path = `/api/v2/model/${modelId}/access-requests`
  const { status, body } = await server.post(path, { schemaId: SCHEMA, metadata: metadataFor(user) }, sending)
  expect(status).toBe(200)
  return body.accessRequest
}

function pathOf({ id }: { id: string }): string {
  return `/api/v2/model/${modelId}/access-request/${id}`
}

describe('an access request', () => {
  test('is read, changed and deleted', async () => {
    const asked = await ask()
    const path = pathOf(asked)
    expect((await server.get(path)).body).toEqual({ accessRequest: asked })
    const metadata = metadataFor('user', 'other')
    const changed = await server.patch(path, { metadata })
    expect(changed.status).toBe(200)
    expect(changed.body.accessRequest).toMatchObject({ id: asked.id, _id: asked._id, metadata })
    expect((await server.delete(path)).body).toEqual({ message: 'Successfully removed access request.' })
    for (const answer of [await server.get(path), await server.patch(path, { metadata }), await server.delete(path)]) {
      expect(answer.status).toBe(404)
      const context = { accessRequestId: asked.id }
      expect(answer.body).toEqual(bailoError('The requested access request was not found.', context))
    }
  })

  test('is found whatever the model in the path', async () => {
    const asked = await ask()
    const { body } = await server.get(`/api/v2/model/no-such-model/access-request/${asked.id}`)
    expect(body.accessRequest).toEqual(asked)
  })

  test('is not checked against its schema when it is changed', async () => {
    const path = pathOf(await ask())
    const metadata = { overview: { ...metadataFor('user').overview, bogus: 1 } }
    expect((await server.patch(path, { metadata })).body.accessRequest.metadata).toEqual(metadata)
    // What is there by now is checked, and that does not fit.
    const again = await server.patch(path, { metadata: metadataFor('user') })
    expect(again.status).toBe(400)
    expect(again.body.error.message).toBe('Access Request Metadata could not be validated against the schema.')
    expect((await server.patch(path, { metadata: {} })).status).toBe(400)
  })

  test('can be commented on', async () => {
    const asked = await ask()
    const { status, body } = await server.post(`${pathOf(asked)}/comment`, { comment: 'why' })
    expect(status).toBe(200)
    const comment = { _id: SOME_ID, kind: 'comment', comment: 'why', entity: 'user:user', parentId: asked._id }
    expect(body.accessRequestComment).toMatchObject(comment)
    const { responses } = (await server.get(`/api/v2/responses?parentIds=${asked._id}`)).body
    expect(responses).toEqual([body.accessRequestComment])
    expect((await server.post(`${pathOf({ id: 'nope' })}/comment`, { comment: 'why' })).status).toBe(404)
    await server.delete(pathOf(asked))
    expect((await server.get(`/api/v2/responses?parentIds=${asked._id}`)).body.responses).toEqual([])
  })

  test('needs the actions of a token', async () => {
    const asked = await ask()
    const missing = (action: string) =>
      bailoError(`This token is missing the required action: access_request:${action}`, {
        userDn: 'user',
        accessRequestId: asked.id,
      })
    const nobody = await server.createToken(['model:read'])
    const unread = await server.get(pathOf(asked), { keys: nobody })
    expect([unread.status, unread.body]).toEqual([403, missing('read')])
    const keys = await server.createToken(['model:read', 'access_request:read'])
    const unchanged = await server.patch(pathOf(asked), { metadata: metadataFor('user') }, { keys })
    expect([unchanged.status, unchanged.body]).toEqual([403, missing('write')])
    expect((await server.delete(pathOf(asked), { keys })).status).toBe(403)
    const { body } = await server.get(`${pathOf(asked)}/permissions/mine`, { keys })
    const info = 'This token is missing the required action: access_request:write'
    const permission = { hasPermission: false, info }
    expect(body.permissions).toEqual({ editAccessRequest: permission, deleteAccessRequest: permission })
  })

  test('is changed by those named in it and by owners of the model', async () => {
    const [alice, bob] = [server.sandbox.createKeys('alice'), server.sandbox.createKeys('bob')]
    const asked = await ask('alice', { keys: alice })
    const granted = { hasPermission: true }
    const info = 'You cannot change an access request you do not own.'
    const permissionsOf = async (sending: Sending) =>
      (await server.get(`${pathOf(asked)}/permissions/mine`, sending)).body.permissions
    for (const sending of [{}, { keys: alice }]) {
      expect(await permissionsOf(sending)).toEqual({ editAccessRequest: granted, deleteAccessRequest: granted })
    }
    expect(await permissionsOf({ keys: bob })).toMatchObject({ editAccessRequest: { hasPermission: false, info } })
    const refused = await server.delete(pathOf(asked), { keys: bob })
    expect(refused.status).toBe(403)
    expect(refused.body).toEqual(bailoError(info, { userDn: 'bob', accessRequestId: asked.id }))
    expect((await server.delete(pathOf(asked), { keys: alice })).status).toBe(200)
  })
})

describe('the search for access requests', () => {
  test('goes over all models, and has filters', async () => {
    const keys = server.sandbox.createKeys('carol')
    const first = await ask('carol')
    const firstModel = modelId
    modelId = await server.createModel()
    const second = await ask('user')
    const search = async (query: string, sending: Sending = {}) => {
      const { status, body } = await server.get(`/api/v2/access-requests/search?${query}`, sending)
      expect(status).toBe(200)
      return body.accessRequests
    }
    const both = `modelId=${firstModel}&modelId=${modelId}`
    expect(await search(both)).toEqual([first, second])
    expect(await search('')).toEqual(expect.arrayContaining([first, second]))
    expect(await search(`modelId=${modelId}`)).toEqual([second])
    expect(await search(`${both}&mine=true`)).toEqual([second])
    expect(await search(`${both}&mine=true`, { keys })).toEqual([first])
    expect(await search(`${both}&schemaId=nope`)).toEqual([])
    expect(await search(both, { keys: await server.createToken(['model:read']) })).toEqual([])
    const scoped = await server.createToken(['model:read', 'access_request:read'], [firstModel])
    expect(await search(both, { keys: scoped })).toEqual([first])
    expect(await search(`${both}&adminAccess=true`, { keys: scoped })).toEqual([first, second])
  })

  test('with the rights of an administrator is for administrators', async () => {
    const keys = server.sandbox.createKeys('carol')
    const { status, body } = await server.get('/api/v2/access-requests/search?adminAccess=true', { keys })
    expect(status).toBe(403)
    const context = { userDn: 'carol', requiredRole: 'admin' }
    expect(body).toEqual(bailoError('You do not have the required role.', context))
  })
})

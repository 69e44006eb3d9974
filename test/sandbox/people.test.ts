import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, TestSandbox, type Keys, type Sending } from './client.js'

let server: TestSandbox
const people = new Map<string, Keys>()
beforeAll(async () => {
  server = await TestSandbox.start()
  for (const name of ['owner', 'contributor', 'consumer', 'stranger']) {
    people.set(name, server.sandbox.createKeys(name))
  }
})
afterAll(() => server.close())

function as(name: string): Sending {
  return { keys: people.get(name) as Keys }
}

/** Creates a model with a card. The user of the sandbox has no role on it, but creates it. */
async function createModel(details: object = {}): Promise<string> {
  const roles = ['owner', 'contributor', 'consumer']
  const collaborators = roles.map((role) => ({ entity: `user:${role}`, roles: [role] }))
  const modelId = await server.createModel({ collaborators, ...details })
  const schema = { schemaId: 'minimal-general-v10' }
  expect((await server.post(`/api/v2/model/${modelId}/setup/from-schema`, schema, as('owner'))).status).toBe(200)
  return modelId
}

describe('who is asking', () => {
  test('is the user of the token', async () => {
    expect((await server.get('/api/v2/entities/me', as('stranger'))).body).toEqual({
      user: { dn: 'stranger', isAdmin: false },
    })
    const { body } = await server.get('/api/v3/entities/me', as('stranger'))
    expect(body.user).toMatchObject({ dn: 'stranger', systemRoles: [], token: { user: 'stranger' } })
  })

  test('has tokens of their own', async () => {
    const { body } = await server.get('/api/v2/user/tokens', as('stranger'))
    expect(body.tokens.map(({ user }) => user)).toEqual(['stranger'])
    const accessKey = body.tokens[0]?.accessKey as string
    const refused = await server.delete(`/api/v2/user/token/${accessKey}`)
    expect([refused.status, refused.body]).toEqual([
      403,
      bailoError('Only the token owner can remove the token', { accessKey }),
    ])
  })

  test('owns what they create', async () => {
    const details = { name: 'x', kind: 'model', description: 'd' }
    const { model } = (await server.post('/api/v2/models', details, as('stranger'))).body
    expect(model.collaborators).toMatchObject([{ entity: 'user:stranger', roles: ['owner'] }])
    const schema = { schemaId: 'minimal-general-v10' }
    const { card } = (await server.post(`/api/v2/model/${model.id}/setup/from-schema`, schema, as('stranger'))).body
    expect(card.createdBy).toBe('stranger')
    const { release } = (await server.createRelease(model.id, '1.0.0', {}, as('stranger'))).body
    expect(release.createdBy).toBe('stranger')
    const found = await server.get('/api/v2/models/search?filters=mine', as('stranger'))
    expect(found.body.models.map(({ id }) => id)).toEqual([model.id])
  })

  test('can look others up', async () => {
    const entity = { email: 'somebody@example.com', name: 'Joe Bloggs', organisation: 'Acme Corp' }
    expect((await server.get('/api/v2/entity/somebody/lookup')).body).toEqual({ entity })
  })
})

describe('a private model', () => {
  test('is hidden from everybody but its people, the administrator included', async () => {
    const modelId = await createModel()
    await server.patch(`/api/v2/model/${modelId}`, { visibility: 'private' }, as('owner'))
    for (const [sending, userDn] of [
      [as('stranger'), 'stranger'],
      [{}, 'user'],
    ] as const) {
      const { status, body } = await server.get(`/api/v2/model/${modelId}`, sending)
      expect(status).toBe(403)
      const message = 'You cannot interact with a private model that you do not have access to.'
      expect(body).toEqual(bailoError(message, { userDn, modelId }))
      const { models } = (await server.get('/api/v2/models/search', sending)).body
      expect(models.map(({ id }) => id)).not.toContain(modelId)
    }
    expect((await server.get(`/api/v2/model/${modelId}`, as('consumer'))).status).toBe(200)
  })
})

describe('the roles on a model', () => {
  const metadata = { metadata: {} }
  const cases = [
    ['PUT', '/model-cards', metadata, ['owner', 'contributor'], 'You do not have permission to update a model card.'],
    ['PATCH', '', { description: 'x' }, ['owner'], 'You do not have permission to update a model.'],
    [
      'POST',
      '/files/upload/multipart/start',
      { name: 'f', size: 1 },
      ['owner', 'contributor'],
      'You do not have permission to upload a file.',
    ],
    [
      'POST',
      '/releases',
      { semver: '1.0.0', notes: 'n', fileIds: [], images: [] },
      ['owner', 'contributor'],
      'You do not have permission to update a model card.',
    ],
  ] as const

  test.each(cases)('decide on %s model%s', async (method, path, body, allowed, refusal) => {
    for (const name of people.keys()) {
      const modelId = await createModel()
      const answer = await server.json(method, `/api/v2/model/${modelId}${path}`, body, as(name))
      const isAllowed = (allowed as readonly string[]).includes(name)
      expect([name, answer.status]).toEqual([name, isAllowed ? 200 : 403])
      if (!isAllowed) expect(answer.body.error).toMatchObject({ message: refusal, context: { userDn: name } })
    }
  })

  test('decide on files that are there, and on the model itself', async () => {
    const modelId = await createModel({ settings: { ungovernedAccess: false } })
    const path = `/api/v2/model/${modelId}/files/upload/simple?name=f`
    const { file } = (await server.send('POST', path, 'x', as('owner'))).body
    const url = `/api/v2/model/${modelId}/file/${file.id}`
    const messageOf = async (method: string, target: string, name: string) =>
      (await server.json(method, target, {}, as(name))).body.error.message
    expect(await messageOf('PATCH', url, 'consumer')).toBe(
      'You are missing the required roles in order to update tags on this file.',
    )
    expect(await messageOf('DELETE', url, 'consumer')).toBe('You do not have permission to delete a file.')
    expect((await server.get(`${url}/download`, as('consumer'))).status).toBe(200)
    expect((await server.get(`${url}/download`, as('stranger'))).status).toBe(403)
    await server.patch(`/api/v2/model/${modelId}`, { settings: { ungovernedAccess: true } }, as('owner'))
    expect((await server.get(`${url}/download`, as('stranger'))).status).toBe(200)
    expect(await messageOf('DELETE', `/api/v2/model/${modelId}`, 'contributor')).toBe(
      'You do not have permission to delete a model card.',
    )
    expect((await server.delete(`/api/v2/model/${modelId}`, as('owner'))).status).toBe(200)
  })

  test('decide on images', async () => {
    const modelId = await createModel()
    const statusOf = async (name: string, actions: string) => {
      const scope = `repository:${modelId}/img:${actions}`
      return (await server.get(`/api/v1/registry_auth?service=RegistryAuth&scope=${scope}`, as(name))).status
    }
    expect(await statusOf('contributor', 'pull,push')).toBe(200)
    expect(await statusOf('consumer', 'pull')).toBe(200)
    expect(await statusOf('stranger', 'pull')).toBe(403)
    expect(await statusOf('consumer', 'push')).toBe(403)
  })

  test('are told by the permissions', async () => {
    const modelId = await createModel()
    const permissionsOf = async (name: string) => {
      const { permissions } = (await server.get(`/api/v2/model/${modelId}/permissions/mine`, as(name))).body
      return Object.entries(permissions).flatMap(([key, { hasPermission }]) => (hasPermission ? [key] : []))
    }
    const forWriters = ['editEntryCard', 'createRelease', 'deleteRelease', 'pushModelImage']
    expect(await permissionsOf('owner')).toHaveLength(9)
    expect((await permissionsOf('contributor')).sort()).toEqual([...forWriters, 'createInferenceService'].sort())
    expect(await permissionsOf('stranger')).toEqual(['createInferenceService'])
  })

  test('of reviewers stand for a role of the system', async () => {
    const collaborators = [
      { entity: 'user:owner', roles: ['owner'] },
      { entity: 'user:stranger', roles: ['mtr'] },
    ]
    const modelId = await server.createModel({ collaborators })
    const change = { description: 'reviewed' }
    expect((await server.patch(`/api/v2/model/${modelId}`, change, as('stranger'))).status).toBe(200)
  })
})

describe('the roles that there are', () => {
  test('are those of the system, and those of the schemas of a model', async () => {
    const listNames = async (query: string) => {
      const { roles } = (await server.get(`/api/v2/roles${query}`)).body
      return roles.map(({ shortName, kind }) => `${kind} ${shortName}`)
    }
    const system = ['system consumer', 'system contributor', 'system owner']
    expect(await listNames('')).toEqual(system)
    expect(await listNames(`?modelId=${await server.createModel()}`)).toEqual(system)
    const withCard = await server.createModelWithCard()
    expect(await listNames(`?modelId=${withCard}`)).toEqual(['review msro', 'review mtr', ...system])
    const unknown = await server.get('/api/v2/roles?modelId=nope')
    expect(unknown.status).toBe(400)
    expect(unknown.body).toEqual(bailoError('Could not find requested model', { modelId: 'nope' }))
  })
})

describe('the instance', () => {
  test('knows no others, and tells a user interface where the registry is', async () => {
    expect((await server.get('/api/v2/system/peers')).body).toEqual({ peers: {} })
    const { body } = await server.get('/api/v2/config/ui')
    expect(body).toMatchObject({
      registry: { host: server.sandbox.url.slice('http://'.length) },
      modelDetails: { states: ['Development', 'Review', 'Production'] },
    })
  })
})

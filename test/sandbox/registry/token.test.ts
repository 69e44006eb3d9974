import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startRegistry, type Answer, type TestRegistry } from './harness.js'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
})

afterAll(() => registry.close())

function ask(query: string, authorization: string | undefined = basic('owner')): Promise<Answer> {
  return registry.send('GET', `/api/v1/registry_auth?${query}`, { headers: { authorization } })
}

function refusal(code: string, message: string): unknown {
  return { errors: [{ code, message }] }
}

describe('the token endpoint', () => {
  it('wants to know who is asking', async () => {
    const answer = await registry.send('GET', '/api/v1/registry_auth?service=RegistryAuth')
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual(refusal('UNAUTHORIZED', 'No authorisation header found'))
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers).not.toHaveProperty('docker-distribution-api-version')
  })

  it('passes on why the keys are refused', async () => {
    const answer = await ask('service=RegistryAuth', basic('stranger'))
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual(refusal('UNAUTHORIZED', 'Could not find token'))
  })

  it.each(['', 'service=', 'service=OtherAuth'])('refuses another service: "%s"', async (query) => {
    const answer = await ask(query)
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual(refusal('UNAUTHORIZED', 'Received registry auth request from unexpected service'))
  })

  it.each([
    ['repository:nope-abc/img:pull,push', 'ModelId not found.'],
    ['repository:nope-abc/img:pull', 'Requested image is not accessible - no authorised scopes.'],
    ['repository:img:pull,push', 'ModelId not found.'],
    ['registry:catalog:*', 'ModelId not found.'],
    ['repository:model-abc123/Upper:pull,push', 'Invalid scope format'],
    ['repository:model-abc123/img', 'Invalid scope format'],
    ['repository:model-abc123/img:fly', 'Invalid scope format'],
    ['nonsense', 'Invalid scope format'],
    ['repository:readable-ghi789/img:pull,push', 'Not allowed: push on readable-ghi789'],
    ['repository:readable-ghi789/img:delete', 'Not allowed: delete on readable-ghi789'],
  ])('refuses %s', async (scope, message) => {
    const answer = await ask(`service=RegistryAuth&scope=${scope}`)
    expect(answer.status).toBe(403)
    expect(answer.json).toEqual(refusal('DENIED', message))
  })

  it('answers GET only', async () => {
    const answer = await registry.send('POST', '/api/v1/registry_auth?service=RegistryAuth')
    expect(answer.status).toBe(404)
  })

  it('gives a token without a scope, which opens only the base', async () => {
    const token = await registry.token()
    expect(await registry.send('GET', '/v2/', { token })).toMatchObject({ status: 200, json: {} })
    expect((await registry.send('GET', '/v2/model-abc123/img/tags/list', { token })).status).toBe(401)
  })

  it('holds nothing of the keys', async () => {
    const token = await registry.token('repository:model-abc123/img:pull')
    const content = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    expect(content.join()).toContain('model-abc123/img')
    expect(content.join()).not.toContain('secret')
    expect(content.join()).not.toContain('owner')
  })

  it('grants several scopes, and leaves out those that cannot be pulled', async () => {
    const token = await registry.token(
      'repository:model-abc123/img:pull,push',
      'repository:nope-abc/img:pull',
      'repository:readable-ghi789/img:pull',
    )
    const statusOf = async (repository: string) =>
      (await registry.send('GET', `/v2/${repository}/tags/list`, { token })).status
    expect(await statusOf('model-abc123/img')).toBe(404)
    expect(await statusOf('readable-ghi789/img')).toBe(404)
    expect(await statusOf('nope-abc/img')).toBe(401)
    expect(await statusOf('model-abc123/other')).toBe(401)
  })

  it('reads * as all actions', async () => {
    const token = await registry.token('repository:model-abc123/img:*')
    expect((await registry.send('DELETE', '/v2/model-abc123/img/manifests/v1', { token })).status).toBe(404)
  })
})

describe('a token', () => {
  it('is good for an hour', async () => {
    const token = await registry.token()
    registry.advance(3_599_000)
    expect((await registry.send('GET', '/v2/', { token })).status).toBe(200)
    registry.advance(1_000)
    const answer = await registry.send('GET', '/v2/', { token })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  it('is refused when it was changed', async () => {
    const token = await registry.token('repository:model-abc123/img:pull')
    const [header = '', claims = '', signature = ''] = token.split('.')
    const more = Buffer.from(claims, 'base64url').toString().replace('"pull"', '"push"')
    const forged = `${header}.${Buffer.from(more).toString('base64url')}.${signature}`
    for (const changed of [forged, `${header}.${claims}.`, claims, 'x', `${token}x`]) {
      const answer = await registry.send('GET', '/v2/', { token: changed })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    }
  })
})

describe('a challenge', () => {
  it('names the token endpoint on the host that was asked', async () => {
    const answer = await registry.send('GET', '/v2/', { headers: { host: 'registry.example:5000' } })
    expect(answer.status).toBe(401)
    expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0')
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="http://registry.example:5000/api/v1/registry_auth",service="RegistryAuth"',
    )
    expect(answer.json).toEqual({
      errors: [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: null }],
    })
  })

  const challengeOf = (rest: string) =>
    `Bearer realm="http://${registry.host}/api/v1/registry_auth",service="RegistryAuth",${rest}`
  const detail = (name: string, action: string) => ({ Type: 'repository', Class: '', Name: name, Action: action })

  it('asks for pull and push to write, without an error when there was no token', async () => {
    const answer = await registry.send('POST', '/v2/model-abc123/img/blobs/uploads/')
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(challengeOf('scope="repository:model-abc123/img:pull,push"'))
    expect(answer.json).toMatchObject({
      errors: [{ detail: [detail('model-abc123/img', 'pull'), detail('model-abc123/img', 'push')] }],
    })
  })

  it('says that a token is too weak', async () => {
    const token = await registry.token('repository:model-abc123/img:pull')
    const post = await registry.send('POST', '/v2/model-abc123/img/blobs/uploads/', { token })
    expect(post.status).toBe(401)
    expect(post.headers['www-authenticate']).toBe(
      challengeOf('scope="repository:model-abc123/img:pull,push",error="insufficient_scope"'),
    )
    const del = await registry.send('DELETE', '/v2/model-abc123/img/manifests/v1', { token })
    expect(del.headers['www-authenticate']).toBe(
      challengeOf('scope="repository:model-abc123/img:delete",error="insufficient_scope"'),
    )
    expect(del.json).toMatchObject({ errors: [{ detail: [detail('model-abc123/img', 'delete')] }] })
  })

  it('asks for both repositories of a mount', async () => {
    const query = `mount=sha256:${'0'.repeat(64)}&from=other-def456/base`
    const answer = await registry.send('POST', `/v2/model-abc123/img/blobs/uploads/?${query}`)
    expect(answer.headers['www-authenticate']).toBe(
      challengeOf('scope="repository:model-abc123/img:pull,push repository:other-def456/base:pull"'),
    )
  })

  it('is all that keys get that are sent straight to the registry', async () => {
    const headers = { authorization: basic('owner') }
    const answer = await registry.send('GET', '/v2/model-abc123/img/tags/list', { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(challengeOf('scope="repository:model-abc123/img:pull"'))
  })

  it('closes the catalogue to everybody', async () => {
    const answer = await registry.send('GET', '/v2/_catalog', { token: await registry.token() })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(
      challengeOf('scope="registry:catalog:*",error="insufficient_scope"'),
    )
    expect(answer.json).toEqual({
      errors: [
        {
          code: 'UNAUTHORIZED',
          message: 'authentication required',
          detail: [{ Type: 'registry', Class: '', Name: 'catalog', Action: '*' }],
        },
      ],
    })
  })
})

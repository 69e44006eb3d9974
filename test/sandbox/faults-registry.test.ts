import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { basicAuth, bearer } from '../commands/read-instance.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'
import { exchange, type Exchange, type RawRequest } from '../support/raw-http.js'
import { matching, TestSandbox } from './client.js'

let server: TestSandbox
let repository: string
let url: string
beforeAll(async () => {
  server = await TestSandbox.start()
  url = server.sandbox.url
})
afterAll(() => server.close())
beforeEach(async () => {
  await clearFaults(server.sandbox)
  repository = `${await server.createModel()}/img`
})

const CONTENT = Buffer.from('0123456789'.repeat(500))
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`

/** A push of one blob, step by step, with one token. */
class Push {
  private location = ''

  private constructor(private authorization: string) {}

  static async start(): Promise<Push> {
    const push = new Push(await bearer(server.sandbox, repository, 'pull,push'))
    push.note(await push.send('POST', `${url}/v2/${repository}/blobs/uploads/`))
    return push
  }

  async renewToken(): Promise<void> {
    this.authorization = await bearer(server.sandbox, repository, 'pull,push')
  }

  async patch(start: number, end: number): Promise<Exchange> {
    const headers = { 'content-range': `${start}-${end - 1}`, 'content-type': 'application/octet-stream' }
    return this.note(await this.send('PATCH', this.location, { body: CONTENT.subarray(start, end), headers }))
  }

  /** Asks how much has arrived. */
  async status(): Promise<Exchange> {
    return this.note(await this.send('GET', this.location))
  }

  async commit(): Promise<Exchange> {
    return this.send('PUT', `${this.location}&digest=${encodeURIComponent(DIGEST)}`, {
      headers: { 'content-length': 0 },
    })
  }

  async read(): Promise<Exchange> {
    return this.send('GET', `${url}/v2/${repository}/blobs/${DIGEST}`)
  }

  private send(method: string, target: string, { body, headers = {} }: RawRequest = {}): Promise<Exchange> {
    return exchange(target, { method, headers: { authorization: this.authorization, ...headers }, body })
  }

  private note(answer: Exchange): Exchange {
    const { location } = answer.headers
    if (location !== undefined) this.location = new URL(location, url).href
    return answer
  }
}

describe('forget-offset', () => {
  test('loses what an upload has: the next chunk is refused with the offset 0, from where the push can go on', async () => {
    await setFaults(server.sandbox, ['blob-patch after=1 x1 forget-offset'])
    const push = await Push.start()
    expect(await push.patch(0, 2000)).toMatchObject({ status: 202, headers: { range: '0-1999' } })
    expect(await push.patch(2000, 5000)).toMatchObject({ status: 416, headers: { range: '0-0' } })
    expect(await push.status()).toMatchObject({ status: 204, headers: { range: '0-0' } })
    expect(await push.patch(0, 5000)).toMatchObject({ status: 202, headers: { range: '0-4999' } })
    expect((await push.commit()).status).toBe(201)
    expect((await push.read()).body.equals(CONTENT)).toBe(true)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 3, hits: 1 }])
  })

  test('when the status is asked for', async () => {
    await setFaults(server.sandbox, ['blob-status x1 forget-offset'])
    const push = await Push.start()
    await push.patch(0, 2000)
    expect(await push.status()).toMatchObject({ status: 204, headers: { range: '0-0' } })
    expect(await push.patch(0, 5000)).toMatchObject({ status: 202, headers: { range: '0-4999' } })
    expect((await push.commit()).status).toBe(201)
  })

  test('when the blob is complete', async () => {
    await setFaults(server.sandbox, ['blob-commit x1 forget-offset'])
    const push = await Push.start()
    await push.patch(0, 5000)
    expect(await push.commit()).toMatchObject({ status: 416, headers: { range: '0-0' } })
    expect((await push.read()).status).toBe(404)
  })

  test('waits for an upload that has something', async () => {
    await setFaults(server.sandbox, ['blob-patch x1 forget-offset'])
    const push = await Push.start()
    expect((await push.patch(0, 2000)).status).toBe(202)
    expect((await push.patch(2000, 5000)).status).toBe(416)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 2, hits: 1 }])
  })
})

describe('expire-token', () => {
  test('ends the token in the middle of a blob, with a challenge, until there is a new one', async () => {
    await setFaults(server.sandbox, ['blob-patch after=1 x1 expire-token'])
    const push = await Push.start()
    expect((await push.patch(0, 2000)).status).toBe(202)
    const refusal = {
      status: 401,
      headers: {
        'www-authenticate': `Bearer realm="${url}/api/v1/registry_auth",service="RegistryAuth",scope="repository:${repository}:pull,push",error="invalid_token"`,
      },
    }
    expect(await push.patch(2000, 5000)).toMatchObject(refusal)
    expect((await push.status()).status).toBe(401)
    await push.renewToken()
    expect(await push.status()).toMatchObject({ status: 204, headers: { range: '0-1999' } })
    expect((await push.patch(2000, 5000)).status).toBe(202)
    expect((await push.commit()).status).toBe(201)
    expect((await push.read()).body.equals(CONTENT)).toBe(true)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 3, hits: 1 }])
  })

  test('needs a valid token', async () => {
    await setFaults(server.sandbox, ['/v2/** x1 expire-token'])
    const ask = (headers: Record<string, string>) => exchange(`${url}/v2/${repository}/tags/list`, { headers })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization: 'Bearer made.up.token' })).status).toBe(401)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 2, hits: 0 }])
    expect((await ask({ authorization: await bearer(server.sandbox, repository) })).status).toBe(401)
    expect(await readFaults(server.sandbox)).toMatchObject([{ calls: 3, hits: 1 }])
  })
})

describe('of the registry', () => {
  test.each([1, 1000, 2999])('a chunk that breaks after %i bytes leaves just those', async (afterBytes) => {
    await setFaults(server.sandbox, [`blob-patch after=1 x1 reset-request=${afterBytes}`])
    const push = await Push.start()
    await push.patch(0, 2000)
    expect(await push.patch(2000, 5000)).toMatchObject({ status: undefined, failure: matching(/^(ECONNRESET|EPIPE)$/) })
    const arrivedBytes = 2000 + afterBytes
    expect((await push.status()).headers.range).toBe(`0-${arrivedBytes - 1}`)
    expect((await push.patch(arrivedBytes, 5000)).status).toBe(202)
    expect((await push.commit()).status).toBe(201)
    expect((await push.read()).body.equals(CONTENT)).toBe(true)
  })

  test('a chunk whose answer is lost has arrived', async () => {
    await setFaults(server.sandbox, ['blob-patch x1 lost'])
    const push = await Push.start()
    expect(await push.patch(0, 2000)).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
    expect((await push.status()).headers.range).toBe('0-1999')
  })

  test('a commit whose answer is lost has made the blob', async () => {
    await setFaults(server.sandbox, ['blob-commit x1 lost'])
    const push = await Push.start()
    await push.patch(0, 5000)
    expect((await push.commit()).failure).toBe('ECONNRESET')
    expect((await push.read()).body.equals(CONTENT)).toBe(true)
  })

  test('a manifest whose answer is lost is there', async () => {
    await setFaults(server.sandbox, ['manifest-put x1 lost'])
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] })
    const authorization = await bearer(server.sandbox, repository, 'pull,push')
    const headers = { authorization, 'content-type': mediaType }
    const target = `${url}/v2/${repository}/manifests/v1`
    expect((await exchange(target, { method: 'PUT', headers, body })).failure).toBe('ECONNRESET')
    const read = await exchange(target, { headers: { authorization, accept: mediaType } })
    expect(read.body.toString()).toBe(body)
  })

  test('errors have its form, and so have those of the token endpoint', async () => {
    await setFaults(server.sandbox, ['token x1 status=503', 'manifest-get x1 retry-after=3'])
    const query = `service=RegistryAuth&scope=repository:${repository}:pull`
    const headers = { authorization: basicAuth(server.sandbox) }
    const token = await exchange(`${url}/api/v1/registry_auth?${query}`, { headers })
    expect([token.status, JSON.parse(token.body.toString())]).toEqual([
      503,
      { errors: [{ code: 'UNKNOWN', message: 'Fault on demand: token x1 status=503' }] },
    ])
    const manifest = await exchange(`${url}/v2/${repository}/manifests/v1`, { headers })
    expect([manifest.status, manifest.headers['retry-after'], JSON.parse(manifest.body.toString())]).toEqual([
      429,
      '3',
      { errors: [{ code: 'TOOMANYREQUESTS', message: 'Fault on demand: manifest-get x1 retry-after=3' }] },
    ])
  })

  test('a layer breaks in the middle of a pull', async () => {
    const push = await Push.start()
    await push.patch(0, 5000)
    await push.commit()
    await setFaults(server.sandbox, ['blob-get x1 reset-response=1234'])
    const broken = await push.read()
    expect([broken.body.equals(CONTENT.subarray(0, 1234)), broken.failure]).toEqual([true, 'ECONNRESET'])
  })
})

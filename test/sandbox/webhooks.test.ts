import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, matching, TestSandbox } from './client.js'
import { WebhookReceiver } from './webhook-receiver.js'

let server: TestSandbox
let modelId: string
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

const receivers: WebhookReceiver[] = []
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close()
  for (const { id } of (await server.get(`/api/v2/model/${modelId}/webhooks`)).body.webhooks) {
    await server.delete(`/api/v2/model/${modelId}/webhook/${id}`)
  }
})

async function receive(options: Parameters<typeof WebhookReceiver.start>[0] = {}): Promise<WebhookReceiver> {
  const receiver = await WebhookReceiver.start(options)
  receivers.push(receiver)
  return receiver
}

async function addWebhook(uri: string, events: string[], details: object = {}): Promise<string> {
  const { status, body } = await server.post(`/api/v2/model/${modelId}/webhooks`, {
    name: 'w',
    uri,
    events,
    ...details,
  })
  expect(status).toBe(200)
  return body.webhook.id
}

async function nextWarning(): Promise<string> {
  const [warning] = (await once(process, 'warning')) as [Error]
  return warning.message
}

describe('webhooks', () => {
  beforeAll(async () => void (modelId = await server.createModel()))

  test('are created, listed, changed and deleted', async () => {
    const list = `/api/v2/model/${modelId}/webhooks`
    const uri = 'http://127.0.0.1:1/'
    const { body } = await server.post(list, { name: 'One', uri, token: 's', events: ['createRelease'] })
    expect(body.webhook).toMatchObject({ id: matching(/^one-[a-z0-9]{6}$/), modelId, uri, insecureSSL: false })
    const path = `/api/v2/model/${modelId}/webhook/${body.webhook.id}`

    const changed = await server.put(path, {
      name: 'Two',
      uri: 'http://127.0.0.1:2/',
      insecureSSL: true,
      active: false,
    })
    expect(changed.status).toBe(200)
    const { id, createdAt, _id } = body.webhook
    expect(changed.body.webhook).toMatchObject({ id, _id, createdAt, name: 'Two', insecureSSL: true, active: false })
    // What is left out stays, but for insecureSSL.
    expect(changed.body.webhook).toMatchObject({ token: 's', events: ['createRelease'] })
    const again = await server.put(path, { name: 'Two', uri: 'http://127.0.0.1:2/' })
    expect(again.body.webhook).toMatchObject({ insecureSSL: false, active: false })
    expect((await server.get(list)).body.webhooks).toEqual([again.body.webhook])

    expect((await server.delete(path)).body).toEqual({ message: 'Successfully removed file.' })
    expect((await server.get(list)).body.webhooks).toEqual([])
    const gone = await server.delete(path)
    expect(gone.status).toBe(404)
    expect(gone.body).toEqual(bailoError('The requested webhook was not found.', { webhookId: id }))
    expect((await server.put(path, { name: 'x', uri })).status).toBe(404)
  })

  test('move to the model under which they are changed', async () => {
    const id = await addWebhook('http://127.0.0.1:1/', [])
    const other = await server.createModel()
    const { body } = await server.put(`/api/v2/model/${other}/webhook/${id}`, { name: 'w', uri: 'http://127.0.0.1:1/' })
    expect(body.webhook.modelId).toBe(other)
    expect((await server.get(`/api/v2/model/${modelId}/webhooks`)).body.webhooks).toEqual([])
  })

  test('need the right to change the model, except to be listed', async () => {
    const keys = await server.createToken(['model:read'])
    const refusal = bailoError('You do not have permission to update this model.', { userDn: 'user' })
    const list = `/api/v2/model/${modelId}/webhooks`
    const webhook = { name: 'w', uri: 'http://127.0.0.1:1/' }
    const answers = [
      await server.post(list, webhook, { keys }),
      await server.put(`/api/v2/model/${modelId}/webhook/x`, webhook, { keys }),
      await server.delete(`/api/v2/model/${modelId}/webhook/x`, { keys }),
    ]
    for (const { status, body } of answers) expect([status, body]).toEqual([403, refusal])
    expect((await server.get(list, { keys })).status).toBe(200)
  })
})

describe('an event', () => {
  beforeAll(async () => {
    modelId = await server.createModelWithCard({ collaborators: [{ entity: 'user:user', roles: ['owner', 'msro'] }] })
  })

  test('is sent to the webhooks that are for it', async () => {
    const receiver = await receive()
    const uri = `http://127.0.0.1:${receiver.port}/here?a=b`
    await addWebhook(uri, ['createRelease', 'updateRelease'], { token: 'secret' })
    const { body } = await server.createRelease(modelId, '1.0.0')
    const changes = { notes: 'other', modelCardVersion: 1, fileIds: [], images: [] }
    await server.put(`/api/v2/model/${modelId}/release/1.0.0`, changes)
    const [created, updated] = await receiver.wait(2)
    expect(created?.method).toBe('POST')
    expect(created?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'text/plain;charset=UTF-8',
    })
    expect(created?.body).toEqual({
      event: 'createRelease',
      description: `Release 1.0.0 has been created for model ${modelId}`,
      release: body.release,
    })
    expect(updated?.body).toMatchObject({ event: 'updateRelease', release: { semver: '1.0.0', notes: 'other' } })
  })

  test('is also a new access request, and an answer to a review', async () => {
    const receiver = await receive()
    await addWebhook(`http://localhost:${receiver.port}/`, ['createAccessRequest', 'createReviewResponse'])
    const { body } = await server.post(`/api/v2/model/${modelId}/access-requests`, {
      schemaId: 'minimal-access-request-general-v10',
      metadata: { overview: { name: 'me', entities: ['user:user'] } },
    })
    const { accessRequest } = body
    const path = `/api/v2/model/${modelId}/access-request/${accessRequest.id}/review`
    await server.post(path, { role: 'msro', decision: 'approve' })
    const [created, answered] = await receiver.wait(2)
    expect(created?.headers).not.toHaveProperty('authorization')
    expect(created?.body).toEqual({
      event: 'createAccessRequest',
      description: `Access Request ${accessRequest.id} has been created for model ${modelId}`,
      accessRequest,
    })
    expect(answered?.body).toMatchObject({
      event: 'createReviewResponse',
      description: `A new response has been added to a review requested for Model ${modelId}`,
      review: { kind: 'access', accessRequestId: accessRequest.id, role: 'msro', modelId, model: { id: modelId } },
    })
  })

  test('does not wait for a webhook that answers nothing, nor keeps others from being called', async () => {
    const [silent, receiver] = [await receive({ status: 'never' }), await receive()]
    const id = await addWebhook(`http://127.0.0.1:${silent.port}/`, ['createRelease'])
    await addWebhook(`http://127.0.0.1:${receiver.port}/`, ['createRelease'])
    expect((await server.createRelease(modelId, '2.0.0')).status).toBe(200)
    await receiver.wait(1)
    await silent.wait(1)
    const warning = nextWarning()
    await silent.close()
    receivers.splice(receivers.indexOf(silent), 1)
    expect(await warning).toContain(`The sandbox did not send createRelease to the webhook ${id}: `)
  })
})

describe('a webhook that cannot be called', () => {
  let semver = 0
  beforeAll(async () => void (modelId = await server.createModelWithCard()))

  test.each([
    ['http://192.0.2.1/', 'its address is not of this machine'],
    ['http://127.0.0.1.example.com/', 'its address is not of this machine'],
    ['http://user:secret@192.0.2.1/', 'its address is not of this machine'],
    ['file:///etc/passwd', 'its address is not of this machine'],
    ['no address', 'its address cannot be read'],
  ])('is noted, and nothing more: %s', async (uri, reason) => {
    const id = await addWebhook(uri, ['createRelease'])
    const warning = nextWarning()
    expect((await server.createRelease(modelId, `${++semver}.0.0`)).status).toBe(200)
    expect(await warning).toBe(`The sandbox did not send createRelease to the webhook ${id}: ${reason}`)
  })

  test('is noted when it refuses', async () => {
    const receiver = await receive({ status: 500 })
    const id = await addWebhook(`http://127.0.0.1:${receiver.port}/`, ['createRelease'])
    const warning = nextWarning()
    expect((await server.createRelease(modelId, `${++semver}.0.0`)).status).toBe(200)
    expect(await warning).toBe(`The sandbox did not send createRelease to the webhook ${id}: it answered 500`)
  })
})

describe.runIf(spawnSync('openssl', ['version']).status === 0)('a certificate that nobody vouches for', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'bailo-exp-test-'))
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']
    const options = { cwd: directory, stdio: 'ignore' as const }
    execFileSync('openssl', ['req', '-x509', ...key, '-days', '1', ...subject, '-out', 'cert.pem'], options)
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  test.each([true, false])('is taken when the webhook is insecure: %s', async (insecureSSL) => {
    modelId = await server.createModelWithCard()
    const read = (name: string) => readFileSync(path.join(directory, name), 'utf8')
    const receiver = await receive({ tls: { key: read('key.pem'), cert: read('cert.pem') } })
    await addWebhook(`https://127.0.0.1:${receiver.port}/`, ['createRelease'], { insecureSSL })
    const outcome = Promise.race([receiver.wait(1).then(() => 'received'), nextWarning()])
    await server.createRelease(modelId, '1.0.0')
    expect(await outcome).toMatch(insecureSSL ? /^received$/ : /: self-signed certificate/)
  })
})

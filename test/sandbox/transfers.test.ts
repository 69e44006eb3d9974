import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DocumentReader, packArchive, readArchive, type ArchiveEntry } from '../../src/lib/sandbox/transfer-archive.js'
import { bailoError, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'
import { WebhookReceiver } from './webhook-receiver.js'

const DESTINATION = 'mirror-ab12cd'
const AGREED = { disclaimerAgreement: true }
const LONG_MS = 3_600_000

let directory: string
let server: TestSandbox
const closing: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  // Only the clock: the server's own timers go on.
  vi.useFakeTimers({ toFake: ['Date'] })
  directory = await mkdtemp(join(tmpdir(), 'transfers-test-'))
  server = await start({ temporaryParent: directory })
})
afterEach(async () => {
  vi.useRealTimers()
  for (const close of closing.splice(0)) await close()
  await rm(directory, { recursive: true })
})

async function start(options: Parameters<typeof TestSandbox.start>[0]): Promise<TestSandbox> {
  const sandbox = await TestSandbox.start(options)
  closing.push(() => sandbox.close())
  return sandbox
}

function passTime(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs)
}

async function createSource(): Promise<string> {
  return server.createModelWithCard({ settings: { mirror: { destinationModelId: DESTINATION } } })
}

const exportOf = (modelId: string, body: object, keys?: Awaited<ReturnType<TestSandbox['createToken']>>) =>
  server.post(`/api/v2/model/${modelId}/export/s3`, body, keys ? { keys } : {})

const transfersOf = async (modelId: string) => (await server.get(`/api/v2/model/${modelId}/transfers`)).body.transfers

async function listBlobs(): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => entry.isFile() && /^[0-9a-f-]{36}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Exports a model and returns the archive, found as what is new in the sandbox's directory. */
async function exportArchive(modelId: string, semvers: string[] = []): Promise<{ file: string; bytes: Buffer }> {
  const before = await listBlobs()
  expect((await exportOf(modelId, { ...AGREED, semvers })).text).toBe(
    '{"message":"Successfully started export upload."}',
  )
  const [file = '', ...others] = (await listBlobs()).filter((name) => !before.includes(name))
  expect(others).toEqual([])
  return { file, bytes: await readFile(file) }
}

async function unpack(bytes: Buffer): Promise<ArchiveEntry[]> {
  const reader = new DocumentReader()
  const documents: ArchiveEntry[] = []
  for await (const file of readArchive(Readable.from([bytes]))) documents.push(await reader.read(file))
  return documents
}

describe('an export', () => {
  test('goes from requested over in progress to completed, artefact by artefact', async () => {
    const modelId = await createSource()
    const fileId = await server.upload(modelId, 'a', Buffer.alloc(1_000_000))
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    const images = [{ repository: modelId, name: 'img', tag: 'v1' }]
    await server.createRelease(modelId, '1.0.0', { fileIds: [fileId], images })
    await server.createRelease(modelId, '1.0.1', { fileIds: [fileId], images })
    await exportOf(modelId, { ...AGREED, semvers: ['1.0.0', '1.0.1'] })
    const artefacts = (...statuses: string[]) => [
      { key: 'documents', kind: 'documents', status: statuses[0] },
      { key: fileId, kind: 'file', status: statuses[1] },
      { key: `${modelId}/img:v1`, kind: 'image', status: statuses[2] },
    ]
    const [requested] = await transfersOf(modelId)
    expect(requested).toEqual({
      _id: SOME_ID,
      exportId: requested?._id,
      modelId,
      peerId: '',
      completedNotificationSent: false,
      artefactStatus: artefacts('requested', 'requested', 'requested'),
      status: 'requested',
      createdBy: 'user',
      createdAt: SOME_TEXT,
      updatedAt: requested?.createdAt,
    })
    passTime(300 + 200)
    const read = async () => (await server.get(`/api/v2/transfer/${requested?._id}`)).body.transfer
    expect(await read()).toMatchObject({
      status: 'in_progress',
      artefactStatus: artefacts('completed', 'in_progress', 'requested'),
    })
    passTime(LONG_MS)
    const completed = await read()
    expect(completed).toMatchObject({
      status: 'completed',
      completedNotificationSent: true,
      artefactStatus: artefacts('completed', 'completed', 'completed'),
    })
    const tookMs = Date.parse(completed.updatedAt ?? '') - Date.parse(completed.createdAt ?? '')
    // Started after 300 ms, 200 ms for each artefact, 10 ms for a megabyte.
    expect(tookMs).toBe(300 + 3 * 200 + 10)
  })

  test('writes the documents into the directory of the sandbox, under a name that tells nothing', async () => {
    const modelId = await createSource()
    await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: { overview: { modelSummary: 'x' } } })
    const fileId = await server.upload(modelId, '../../escape', 'x')
    await server.createRelease(modelId, '1.0.0-x', { fileIds: [fileId] })
    const { file, bytes } = await exportArchive(modelId, ['1.0.0-x'])
    expect(file.slice(directory.length)).toMatch(/^\/bailo-exp-sandbox-\w+\/[0-9a-f-]{36}$/)
    const [about, first, second, release, described, ...others] = await unpack(bytes)
    expect(others).toEqual([])
    expect(about?.document).toEqual({
      schemaVersion: 1,
      exporter: 'user',
      sourceModelId: modelId,
      mirroredModelId: DESTINATION,
      importKind: 'documents',
    })
    expect([first?.name, second?.name]).toEqual(['content/1.json', 'content/2.json'])
    expect(second?.document).toMatchObject({ metadata: { overview: { modelSummary: 'x' } } })
    expect(release?.document).toMatchObject({ semver: '1.0.0-x', fileIds: [fileId] })
    expect(described).toMatchObject({ name: `content/files/${fileId}.json`, document: { name: '../../escape' } })
  })

  test('is refused one reason after the other', async () => {
    const refusalOf = async (modelId: string, body: object) => (await exportOf(modelId, body)).body.error
    const modelId = await server.createModel()
    expect(await refusalOf(modelId, { disclaimerAgreement: false })).toMatchObject({
      message: 'You must agree to the disclaimer agreement before being able to export a model.',
    })
    expect(await refusalOf(modelId, AGREED)).toMatchObject({
      message: "The 'Destination Model ID' has not been set on this model.",
    })
    await server.patch(`/api/v2/model/${modelId}`, { settings: { mirror: { destinationModelId: DESTINATION } } })
    expect(await refusalOf(modelId, AGREED)).toMatchObject({
      message: 'You must select a schema for your model before you can start the export process.',
    })
    const ready = await createSource()
    const missing = await exportOf(ready, { ...AGREED, semvers: ['1.0.0'] })
    const context = { modelId: ready, releases: ['1.0.0'] }
    expect([missing.status, missing.body]).toEqual([404, bailoError('The following releases were not found.', context)])
    expect((await exportOf('nope', AGREED)).status).toBe(404)
    expect((await exportOf(ready, {})).body.error.message).toBe('Path: body.disclaimerAgreement - Message: Required')
  })

  test('needs the rights to export model and releases', async () => {
    const modelId = await createSource()
    await server.createRelease(modelId, '1.0.0')
    const without = await exportOf(modelId, AGREED, await server.createToken(['model:read', 'model:write']))
    expect([without.status, without.body]).toEqual([
      403,
      bailoError('This token is missing the required action: model:export', { userDn: 'user', modelId }),
    ])
    const keys = await server.createToken(['model:read', 'model:export'])
    const partly = await exportOf(modelId, { ...AGREED, semvers: ['1.0.0'] }, keys)
    expect([partly.status, partly.body.error.message]).toEqual([
      403,
      'You do not have the necessary permissions to export these releases.',
    ])
    expect((await exportOf(modelId, AGREED, keys)).status).toBe(200)
  })

  test('waits for clean scans where there are scanners', async () => {
    server = await start({ scanners: {} })
    const modelId = await createSource()
    const fileIds = [await server.upload(modelId, 'good', 'x'), await server.upload(modelId, 'eicar', 'x')]
    await server.createRelease(modelId, '1.0.0', { fileIds })
    await server.createRelease(modelId, '1.0.1', { fileIds: fileIds.slice(0, 1) })
    const scanErrorsOf = async (semver: string) => {
      const { status, body } = await exportOf(modelId, { ...AGREED, semvers: [semver] })
      if (status === 200) return 'none'
      expect(body.error.message).toBe('The releases contain file(s) that do not have a clean AV scan.')
      return (body.error.context as unknown as { scanErrors: unknown }).scanErrors
    }
    const nothing = { missingScan: [], incompleteScan: [], failedScan: [] }
    const named = (...names: string[]) => names.map((name, index) => ({ name, id: fileIds[index] }))
    expect(await scanErrorsOf('1.0.0')).toEqual({ ...nothing, incompleteScan: named('good', 'eicar') })
    passTime(LONG_MS)
    expect(await scanErrorsOf('1.0.0')).toEqual({ ...nothing, failedScan: [{ name: 'eicar', id: fileIds[1] }] })
    expect(await scanErrorsOf('1.0.1')).toBe('none')
  })
})

describe('transfers', () => {
  test('of a model are listed newest first, and there must be one', async () => {
    const modelId = await createSource()
    const none = await server.get(`/api/v2/model/${modelId}/transfers`)
    expect([none.status, none.body]).toEqual([404, bailoError('No model transfers found.', { modelId })])
    await exportOf(modelId, AGREED)
    const [first] = await transfersOf(modelId)
    await exportOf(modelId, AGREED)
    const transfers = await transfersOf(modelId)
    expect(transfers).toHaveLength(2)
    expect(transfers[1]?._id).toBe(first?._id)
  })

  test('are read by those who may read their model', async () => {
    const unknown = await server.get('/api/v2/transfer/nope')
    expect([unknown.status, unknown.body]).toEqual([
      404,
      bailoError('The requested model transfer was not found.', { exportId: 'nope' }),
    ])
    const modelId = await createSource()
    await exportOf(modelId, AGREED)
    const [transfer] = await transfersOf(modelId)
    const keys = await server.createToken(['model:read'], [await server.createModel()])
    expect((await server.get(`/api/v2/transfer/${transfer?._id}`, { keys })).status).toBe(403)
    expect((await server.get(`/api/v2/model/${modelId}/transfers`, { keys })).status).toBe(403)
  })
})

test('an export and its archive outlive a sandbox that is kept, and so do scans', async () => {
  const options = { dataDirectory: join(directory, 'kept'), scanners: {} }
  server = await start(options)
  const modelId = await createSource()
  await server.upload(modelId, 'a', 'x')
  const { file, bytes } = await exportArchive(modelId)
  await server.close()
  passTime(LONG_MS)
  server = await start(options)
  expect(await transfersOf(modelId)).toMatchObject([{ status: 'completed' }])
  expect(await readFile(file)).toEqual(bytes)
  const { body } = await server.get(`/api/v2/model/${modelId}/files`)
  expect(body.files[0]?.scanResults?.map(({ state }) => state)).toEqual(['complete', 'complete'])
})

describe('an import', () => {
  async function serve(bytes: Buffer, status = 200): Promise<string> {
    const files: Server = createServer((_request, response) => response.writeHead(status).end(bytes))
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => files.close(resolve)))
    return `http://127.0.0.1:${(files.address() as AddressInfo).port}/archive.tar.gz`
  }

  const importFrom = (payloadUrl: string) => server.post('/api/v2/model/import/s3', { payloadUrl })

  async function createMirrorOf(sourceModelId: string): Promise<string> {
    return server.createModel({ kind: 'mirrored-model', settings: { mirror: { sourceModelId } } })
  }

  /** A model, its mirror in the same sandbox, and the address of an export of everything. */
  async function exportToMirror(): Promise<{ source: string; mirror: string; fileId: string; url: string }> {
    const source = await server.createModelWithCard()
    const mirror = await createMirrorOf(source)
    await server.patch(`/api/v2/model/${source}`, { settings: { mirror: { destinationModelId: mirror } } })
    await server.put(`/api/v2/model/${source}/model-cards`, { metadata: { overview: { modelSummary: 'mirrored' } } })
    const fileId = await server.upload(source, 'weights.bin', 'x')
    await server.createRelease(source, '1.2.3', { fileIds: [fileId], notes: 'as it was' })
    const { bytes } = await exportArchive(source, ['1.2.3'])
    return { source, mirror, fileId, url: await serve(bytes) }
  }

  test('brings cards, releases and files of the source, as often as it is repeated', async () => {
    const { source, mirror, fileId, url } = await exportToMirror()
    for (let repeated = 0; repeated < 2; repeated++) {
      const { status, text } = await importFrom(url)
      expect(status).toBe(200)
      expect(JSON.parse(text)).toEqual({ mirroredModelId: mirror, sourceModelId: source, modelCardVersions: [1, 2] })
    }
    const { body: card } = await server.get(`/api/v2/model/${mirror}/model-card/2?mirrored=true`)
    expect(card.modelCard).toMatchObject({
      modelId: mirror,
      mirrored: true,
      metadata: { overview: { modelSummary: 'mirrored' } },
    })
    const { body: own } = await server.get(`/api/v2/model/${mirror}/model-card/latest`)
    expect(own.modelCard).toMatchObject({ version: 1, mirrored: false })
    const { body: all } = await server.get(`/api/v2/model/${mirror}/model-card-revisions`)
    expect(all.modelCardRevisions.map(({ version, mirrored }) => [version, mirrored])).toEqual([
      [1, false],
      [2, true],
    ])
    const { body } = await server.get(`/api/v2/model/${mirror}/release/1.2.3`)
    expect(body.release).toMatchObject({ modelId: mirror, notes: 'as it was', fileIds: [fileId] })
    expect(body.release.files).toMatchObject([{ modelId: mirror, name: 'weights.bin', complete: false }])
  })

  async function addWebhook(modelId: string): Promise<WebhookReceiver> {
    const receiver = await WebhookReceiver.start()
    closing.push(() => receiver.close())
    const uri = `http://127.0.0.1:${receiver.port}/`
    await server.post(`/api/v2/model/${modelId}/webhooks`, { name: 'w', uri, events: ['importModel'] })
    return receiver
  }

  test('of documents alone is complete, which webhooks are told', async () => {
    const source = await server.createModelWithCard()
    const mirror = await createMirrorOf(source)
    await server.patch(`/api/v2/model/${source}`, { settings: { mirror: { destinationModelId: mirror } } })
    await server.put(`/api/v2/model/${source}/model-cards`, { metadata: { overview: { modelSummary: 'x' } } })
    const receiver = await addWebhook(mirror)
    await importFrom(await serve((await exportArchive(source)).bytes))
    const [received] = await receiver.wait(1)
    const [transfer] = await transfersOf(mirror)
    expect(transfer).toMatchObject({
      modelId: mirror,
      status: 'completed',
      artefactStatus: [{ key: 'documents', kind: 'documents', status: 'completed' }],
    })
    expect(received?.body).toEqual({
      event: 'importModel',
      description: `Model ${mirror} has been imported`,
      transfer,
    })
  })

  test('waits for files and images that are named, and never come', async () => {
    const { mirror, fileId, url } = await exportToMirror()
    const receiver = await addWebhook(mirror)
    await importFrom(url)
    passTime(LONG_MS)
    expect(await transfersOf(mirror)).toMatchObject([
      {
        status: 'in_progress',
        completedNotificationSent: false,
        artefactStatus: [
          { key: 'documents', status: 'completed' },
          { key: fileId, kind: 'file', status: 'in_progress' },
        ],
      },
    ])
    expect(receiver.received).toEqual([])
  })

  test('is for the mirror of the source only', async () => {
    const { mirror, url } = await exportToMirror()
    await server.delete(`/api/v2/model/${mirror}`)
    const gone = await importFrom(url)
    expect([gone.status, gone.body]).toEqual([
      404,
      bailoError('The requested mirrored model entry was not found.', { modelId: mirror }),
    ])
    const [other, another] = [await createMirrorOf('other-ab12cd'), await createSource()]
    await server.patch(`/api/v2/model/${another}`, { settings: { mirror: { destinationModelId: other } } })
    const { bytes } = await exportArchive(another)
    const wrong = await importFrom(await serve(bytes))
    expect([wrong.status, wrong.body]).toEqual([
      500,
      bailoError('The source model ID of the mirrored model does not match the model Id of the imported model', {
        sourceModelId: 'other-ab12cd',
        importedModelId: another,
      }),
    ])
  })

  test('needs the right to write the mirror', async () => {
    const { mirror, url } = await exportToMirror()
    const keys = await server.createToken(['model:read'])
    const { status, body } = await server.post('/api/v2/model/import/s3', { payloadUrl: url }, { keys })
    expect([status, body]).toEqual([
      403,
      bailoError('This token is missing the required action: model:write', { userDn: 'user', modelId: mirror }),
    ])
  })

  test.each(['http://192.0.2.1/x', 'http://localhost.example.invalid/', 'file:///etc/passwd', 'nonsense'])(
    'asks nobody but this machine: %s',
    async (payloadUrl) => {
      const { status, body } = await importFrom(payloadUrl)
      expect([status, body]).toEqual([500, bailoError('Unable to get the file.', { payloadUrl })])
    },
  )

  test('says what the other side answered', async () => {
    const payloadUrl = await serve(Buffer.from('gone'), 410)
    const response = { status: 410, body: 'gone' }
    expect((await importFrom(payloadUrl)).body).toEqual(bailoError('Unable to get the file.', { payloadUrl, response }))
  })

  test('is refused for what is no archive of documents', async () => {
    const refusalOf = async (bytes: Buffer) => {
      const { status, body } = await importFrom(await serve(bytes))
      return [status, body.error.message]
    }
    const noArchive = [500, 'Error processing tarball during import.']
    expect(await refusalOf(Buffer.from('nonsense'))).toEqual(noArchive)
    expect(await refusalOf(gzipSync(Buffer.alloc(512, 'x')))).toEqual(noArchive)
    expect(await refusalOf(gzipSync(Buffer.alloc(65 * 1024 * 1024)))).toEqual(noArchive)
    expect(await refusalOf(gzipSync(Buffer.alloc(1024)))).toEqual([
      500,
      "Expected 'metadata.json' as first entry, found 'undefined'",
    ])
    const { source, mirror } = await exportToMirror()
    const about = { sourceModelId: source, mirroredModelId: mirror, importKind: 'documents' }
    const pack = async (...entries: ArchiveEntry[]) => Buffer.concat((await packArchive(entries).toArray()) as Buffer[])
    const first = { name: 'metadata.json', document: about }
    const unrecognised = [500, 'Cannot parse compressed file: unrecognised contents.']
    expect(await refusalOf(await pack({ ...first, document: {} }))).toEqual(unrecognised)
    expect(await refusalOf(await pack(first, { name: 'content/1.json', document: { version: 1 } }))).toEqual(
      unrecognised,
    )
    expect(await refusalOf(await pack(first, { name: '../x.json', document: {} }))).toEqual(unrecognised)
    expect(await refusalOf(await pack({ ...first, document: { ...about, importKind: 'nonsense' } }))).toEqual([
      400,
      'Unrecognised import kind',
    ])
    expect(await refusalOf(await pack(first))).toEqual([404, 'Cannot find latest model card.'])
  })
})

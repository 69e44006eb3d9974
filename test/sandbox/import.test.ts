import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Instance } from '../../src/lib/api/instance.js'
import { Credentials } from '../../src/lib/config/credentials.js'
import { createDemoModel } from '../../src/lib/demo/demo-model.js'
import { UsageError } from '../../src/lib/errors.js'
import { importModels } from '../../src/lib/import-model/index.js'
import { runCli, signalGroup } from '../commands/cli.js'
import { bearer, callApi, describeModel, readManifest } from '../commands/read-instance.js'
import { bailoError, TestSandbox } from './client.js'

let source: TestSandbox
let copy: TestSandbox
let warnings: string[]

beforeEach(async () => {
  source = await TestSandbox.start()
  copy = await TestSandbox.start()
  warnings = []
})

afterEach(() => Promise.all([source.close(), copy.close()]))

function settingsOf({ sandbox: { url, accessKey, secretKey } }: TestSandbox) {
  return { origin: url, credentials: new Credentials(url, accessKey, secretKey) }
}

async function makeDemo(server: TestSandbox): Promise<string> {
  const instance: Instance = connect(settingsOf(server), { userAgent: 'test' })
  try {
    return await createDemoModel(instance)
  } finally {
    await instance.connection.close()
  }
}

async function importAll(...modelIds: string[]): Promise<void> {
  const warn = (message: string) => void warnings.push(message)
  await importModels(copy.sandbox, { source: settingsOf(source), modelIds, version: 'test', warn })
}

describe('an imported model', () => {
  test('answers as the original does, except for its contents', async () => {
    const modelId = await makeDemo(source)
    for (const modelSummary of ['one', 'two']) {
      const metadata = { overview: { modelSummary } }
      expect((await source.put(`/api/v2/model/${modelId}/model-cards`, { metadata })).status).toBe(200)
    }
    expect((await source.patch(`/api/v2/model/${modelId}`, { tags: ['a'], visibility: 'private' })).status).toBe(200)

    await importAll(modelId)

    expect(warnings).toEqual([])
    const model = `/api/v2/model/${modelId}`
    for (const one of [
      model,
      `${model}/model-card-revisions`,
      `${model}/files`,
      `${model}/releases`,
      `${model}/images`,
    ]) {
      const [original, copied] = [await source.get(one), await copy.get(one)]
      expect(copied.status).toBe(200)
      expect(withoutServerIds(copied.body)).toEqual(withoutServerIds(original.body))
    }
    expect(await describeModel(copy.sandbox, modelId)).toEqual(await describeModel(source.sandbox, modelId))
    const { releases } = (await copy.get(`${model}/releases`)).body
    expect(releases.length).toBeGreaterThan(5)
  })

  test('has files and layers that read as zeros, and manifests and configs that do not', async () => {
    const modelId = await source.createModelWithCard()
    const fileId = await source.upload(modelId, 'f.txt', 'secret content')
    const digest = await source.pushImage(modelId, 'group/i', 'v1', 'secret layer')

    await importAll(modelId)

    const { text } = await copy.get(`/api/v2/model/${modelId}/file/${fileId}/download`)
    expect(text).toBe('\0'.repeat('secret content'.length))
    const repository = `${modelId}/group/i`
    const manifest = await readManifest(copy.sandbox, repository, digest)
    expect(manifest).toEqual(await readManifest(source.sandbox, repository, 'v1'))
    const authorization = await bearer(copy.sandbox, repository)
    const read = async (blob: string) => {
      const response = await fetch(`${copy.sandbox.url}/v2/${repository}/blobs/${blob}`, { headers: { authorization } })
      return Buffer.from(await response.arrayBuffer())
    }
    const config = await read(manifest.config.digest)
    expect(`sha256:${createHash('sha256').update(config).digest('hex')}`).toBe(manifest.config.digest)
    expect(await read(manifest.layers[0]?.digest ?? '')).toEqual(Buffer.alloc('secret layer'.length))
  })

  test('can be changed like any other', async () => {
    const modelId = await makeDemo(source)
    await importAll(modelId)
    expect((await copy.createRelease(modelId, '9.0.0')).status).toBe(200)
    expect((await copy.put(`/api/v2/model/${modelId}/model-cards`, { metadata: { wrong: 1 } })).status).toBe(400)
    const { body } = await copy.get(`/api/v2/model/${modelId}/files`)
    expect((await copy.delete(`/api/v2/model/${modelId}/file/${body.files[0]?._id}`)).status).toBe(200)
    expect((await copy.delete(`/api/v2/model/${modelId}`)).status).toBe(200)
  })

  test('belongs to the user of the sandbox, whoever owns the original', async () => {
    const modelId = await source.createModel({ collaborators: [{ entity: 'user:user', roles: ['owner'] }, { entity: 'user:somebody', roles: ['owner'] }] }) // prettier-ignore
    await importAll(modelId)
    const { body } = await copy.get(`/api/v2/model/${modelId}`)
    expect(body.model.collaborators.map(({ entity, roles }) => [entity, roles])).toEqual([
      ['user:somebody', ['owner']],
      ['user:user', ['owner']],
    ])
  })

  test('may be a data card, and may have no card and unfinished files', async () => {
    const dataCard = await source.createModel({ kind: 'data-card' })
    const bare = await source.createModel()
    const body = { name: 'never finished', size: 10, mime: 'a/b' }
    expect((await source.post(`/api/v2/model/${bare}/files/upload/multipart/start`, body)).status).toBe(200)
    await importAll(dataCard, bare)
    expect((await copy.get(`/api/v2/model/${dataCard}`)).body.model.kind).toBe('data-card')
    const { files } = (await copy.get(`/api/v2/model/${bare}/files`)).body
    expect(files.map(({ name, complete }) => [name, complete])).toEqual([['never finished', false]])
    expect((await copy.get(`/api/v2/model/${bare}/model-card/latest`)).body).toEqual({ modelCard: {} })
  })

  test('costs the original instance only reading', async () => {
    const modelId = await source.createModelWithCard()
    await source.pushImage(modelId, 'i', 'v1', 'layer')
    const before = source.sandbox.requests.length
    await importAll(modelId)
    const after = source.sandbox.requests.slice(before)
    expect(after.length).toBeGreaterThan(5)
    expect(after.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
    expect(after.filter(({ path: one }) => one.includes('/download'))).toEqual([])
  })
})

describe('an import is refused', () => {
  test('for a model that the sandbox has', async () => {
    const modelId = await source.createModel()
    await importAll(modelId)
    await expect(importAll(modelId)).rejects.toThrow(UsageError)
    await expect(importAll(modelId)).rejects.toThrow(`The sandbox has a model ${modelId} already.`)
  })

  test('for a model that is not there', async () => {
    await expect(importAll('missing-abc123')).rejects.toThrow('The requested entry was not found.')
    expect((await copy.get('/api/v2/model/missing-abc123')).body).toEqual(
      bailoError('The requested entry was not found.', { modelId: 'missing-abc123' }),
    )
  })

  test.each(['../../etc', 'a/b', 'UPPER', '', 'a\u0000'])(
    'for the impossible id %j, before anything changes',
    async (id) => {
      const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
      const details = { kind: 'model', visibility: 'public', organisation: '', state: '', settings: {} } as const
      const model = { ...times, ...details, _id: '1'.repeat(24), id, name: 'n', description: 'd', tags: [], collaborators: [] } // prettier-ignore
      const seed = { model, schemas: [], cards: [], files: [], releases: [], images: [] }
      await expect(copy.sandbox.seed(seed)).rejects.toThrow(UsageError)
      expect((await copy.get('/api/v2/models/search')).body.models).toEqual([])
    },
  )
})

describe('bailo-exp sandbox --import', () => {
  let directory: string
  beforeEach(async () => void (directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))))
  afterEach(() => rm(directory, { recursive: true }))

  const keysOf = ({ sandbox }: TestSandbox) => `ACCESS_KEY=${sandbox.accessKey}\nSECRET_KEY=${sandbox.secretKey}\n`

  test('copies models from another process, with keys from a dotenv file', async () => {
    const modelIds = [await makeDemo(source), await source.createModel()]
    const envFile = path.join(directory, 'source.env')
    await writeFile(envFile, keysOf(source))
    const flags = modelIds.flatMap((id) => ['--import-model', id])
    let report = ''
    const { exitCode, stderr } = await runCli(
      ['sandbox', '--import', source.sandbox.url, ...flags, '--env-file', envFile, '--json'],
      {
        // prettier-ignore
        onStart: (child) => {
        child.stdout.on('data', (text: Buffer) => {
          report += text.toString()
          if (!report.includes('\n}')) return
          const instance = JSON.parse(report) as TestSandbox['sandbox'] & { importedModelIds: string[] }
          expect(instance.importedModelIds).toEqual(modelIds)
          void Promise.all([
            describeModel(instance, modelIds[0] ?? ''),
            describeModel(source.sandbox, modelIds[0] ?? ''),
            callApi(instance, 'GET', `/api/v2/model/${modelIds[1]}`),
          ]).then(
            ([copied, original]) => {
              if (JSON.stringify(copied) === JSON.stringify(original)) signalGroup(child, 'SIGTERM')
              else signalGroup(child, 'SIGKILL')
            },
            () => signalGroup(child, 'SIGKILL'),
          )
        })
      },
      },
    )
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  })

  test('rehearses a command on the first of them', async () => {
    const modelId = await makeDemo(source)
    const { url, accessKey, secretKey } = source.sandbox
    const args = ['sandbox', '--import', url, '--import-model', modelId, '--', 'clone-releases', '--quiet']
    const env = { ACCESS_KEY: accessKey, SECRET_KEY: secretKey, URL: 'http://127.0.0.1:1' }
    const { exitCode, stdout, stderr } = await runCli(args, { env })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(modelId)
  })

  test.each([
    [['--import', 'http://127.0.0.1:1'], '--import-model'],
    [['--import-model', 'x'], '--import'],
    [['--import', 'ftp://x', '--import-model', 'x'], 'is not an http or https URL'],
  ])('is refused without all it needs: %j', async (args, message) => {
    const { exitCode, stderr } = await runCli(['sandbox', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
  })
})

/** Ids that the server makes for parts of documents; nothing refers to them. */
function withoutServerIds(body: unknown): unknown {
  const text = JSON.stringify(body, (key, value: unknown) => {
    if (key === 'path' || key === '__v') return undefined
    if (key !== 'collaborators' && key !== 'images') return value
    return (value as object[]).map((one) => ({ ...one, _id: undefined, id: undefined }))
  })
  return JSON.parse(text)
}

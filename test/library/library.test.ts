import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  connect,
  createModel,
  createRelease,
  ExpectedError,
  getOrCreateModel,
  LazyStream,
  listFiles,
  nextVersion,
  pushImage,
  ResponseError,
  uploadFile,
  UsageError,
  type Bailo,
  type ByteRange,
} from '../../src/index.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { makeModel, readLayers } from '../commands/plain-images.js'
import { basicAuth, readFiles, readReleases } from '../commands/read-instance.js'
import { failureOf } from '../support/client.js'

let directory: string
let sandbox: Sandbox
let bailo: Bailo

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-library-'))
  sandbox = await startSandbox()
  bailo = await connectTo(sandbox)
})

afterEach(async () => {
  await bailo.close()
  await sandbox.close()
  await rm(directory, { recursive: true })
})

async function connectTo({ url, accessKey, secretKey }: Sandbox): Promise<Bailo> {
  const envFile = path.join(directory, 'settings.env')
  await writeFile(envFile, '# kept\n', { flag: 'wx' }).catch(() => undefined)
  return connect({ url, accessKey, secretKey, envFile })
}

async function download(modelId: string, fileId: string): Promise<Buffer> {
  const url = `${sandbox.url}/api/v2/model/${modelId}/file/${fileId}/download`
  return Buffer.from(await (await fetch(url, { headers: { authorization: basicAuth(sandbox) } })).arrayBuffer())
}

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('connect', () => {
  it('sends nothing, shows no keys, and refuses half of them', async () => {
    expect(sandbox.requests).toEqual([])
    expect(bailo.url).toBe(sandbox.url)
    expect(inspect(bailo, { depth: 9, showHidden: true }) + JSON.stringify(bailo)).not.toContain(sandbox.secretKey)
    expect(await failureOf(connect({ url: sandbox.url, accessKey: 'a' }))).toBeInstanceOf(UsageError)
    expect(await failureOf(connect({ url: 'nonsense' }))).toBeInstanceOf(UsageError)
  })
})

describe('models and releases', () => {
  it('makes a model once per key of the dotenv file', async () => {
    const first = await getOrCreateModel(bailo, { envKey: 'LIBRARY_MODEL_ID', name: 'Library' })
    expect(first.isNew).toBe(true)
    expect(await readFile(path.join(directory, 'settings.env'), 'utf8')).toBe(
      `# kept\nLIBRARY_MODEL_ID=${first.modelId}\n`,
    )
    const again = await connectTo(sandbox)
    expect(await getOrCreateModel(again, { envKey: 'LIBRARY_MODEL_ID', name: 'Library' })).toEqual({
      modelId: first.modelId,
      isNew: false,
    })
    await again.close()
  })

  it('makes releases of files and images, each with the next version', async () => {
    const modelId = await createModel(bailo, { name: 'Library' })
    const { fileId } = await uploadFile(bailo, { modelId, name: 'a', size: '1kB' })
    await pushImage(bailo, { modelId, image: 'server:1.0', size: '10kB' })
    expect(await nextVersion(bailo, modelId)).toBe('1.0.0')
    expect(await createRelease(bailo, { modelId, fileIds: [fileId] })).toBe('1.0.0')
    expect(await createRelease(bailo, { modelId, images: ['server:1.0'], draft: true, notes: 'n' })).toBe('1.1.0')
    expect(await nextVersion(bailo, modelId, 'major')).toBe('2.0.0')
    const releases = await readReleases(sandbox, modelId)
    expect(releases).toMatchObject([
      { semver: '1.0.0', draft: false, files: [{ name: 'a', size: 1000 }], images: [] },
      { semver: '1.1.0', draft: true, notes: 'n', files: [], images: [{ name: 'server', tag: '1.0' }] },
    ])
  })

  it('leaves everything else to a typed client', async () => {
    const modelId = await createModel(bailo, { name: 'Library' })
    const { data } = await bailo.json.GET('/api/v2/models/search', {})
    expect(data?.models.map(({ id }) => id)).toEqual([modelId])
    const absent = bailo.json.GET('/api/v2/model/{modelId}', { params: { path: { modelId: 'nope-abc123' } } })
    expect(await failureOf(absent)).toMatchObject({ name: 'ResponseError', status: 404 })
  })
})

describe('uploadFile', () => {
  it('makes bytes that follow from seed, name and size, as LazyStream makes them', async () => {
    const modelId = await makeModel(sandbox)
    const whole = await uploadFile(bailo, { modelId, name: 'a', size: 3_000_000 })
    const inParts = await uploadFile(bailo, { modelId, name: 'a', size: '3MB', multipart: 'always' })
    const content = { sizeBytes: 3_000_000, fill: 'noise', seed: 'bailo-exp', name: 'a' } as const
    const open = (range?: Partial<ByteRange>) => new LazyStream({ ...content, ...(range && { range }) })
    const own = await uploadFile(bailo, { modelId, name: 'own', source: { sizeBytes: 3_000_000, open } })
    const other = await uploadFile(bailo, { modelId, name: 'a', size: 3_000_000, seed: 'other' })
    const digests = []
    for (const { fileId } of [whole, inParts, own, other]) digests.push(sha(await download(modelId, fileId)))
    expect(new Set(digests.slice(0, 3)).size).toBe(1)
    expect(digests[3]).not.toBe(digests[0])
    expect((await listFiles(bailo, modelId)).map(({ name }) => name)).toEqual(
      (await readFiles(sandbox, modelId)).map(({ name }) => name),
    )
  })

  it.each(['never', 'always'] as const)('keeps to its rate, with parts: %s', async (multipart) => {
    const modelId = await makeModel(sandbox)
    const startedMs = performance.now()
    await uploadFile(bailo, { modelId, name: 'slow', size: '12MB', rate: '8MB/s', fill: 'zeros', multipart })
    // 12 MB take 1.5 s at 8 MB/s, however many parts there are.
    expect(performance.now() - startedMs).toBeGreaterThan(1300)
  })

  it('refuses an empty file, and sizes and rates that are none, before anything is sent', async () => {
    const file = { modelId: 'm', name: 'n' }
    for (const wrong of [{ size: 0 }, { size: '5 apples' }, { size: 1, rate: '0MB/s' }]) {
      expect(await failureOf(uploadFile(bailo, { ...file, ...wrong }))).toBeInstanceOf(UsageError)
    }
    expect(sandbox.requests).toEqual([])
  })
})

describe('pushImage', () => {
  it('pushes an image of an exact size, for several platforms', async () => {
    const modelId = await makeModel(sandbox)
    const platforms = ['linux/amd64', 'linux/arm64']
    const image = await pushImage(bailo, { modelId, image: 'group/a:1', size: '9kB', layers: 3, platforms })
    const stored = await readLayers(sandbox, `${modelId}/group/a`, '1')
    expect(stored.digest).toBe(image.digest)
    expect(stored.images.map((layers) => layers.map(({ bytes }) => bytes))).toEqual([
      [3000, 3000, 3000],
      [3000, 3000, 3000],
    ])
    expect(await pushImage(bailo, { modelId, image: 'group/a:1', size: '9kB', layers: 3, platforms })).toMatchObject({
      digest: image.digest,
      wasThere: true,
    })
  })

  it('goes on after a call that failed', async () => {
    const dataCard = await makeModel(sandbox, 'data-card')
    expect(await failureOf(pushImage(bailo, { modelId: dataCard, image: 'a', size: 5 }))).toBeInstanceOf(UsageError)
    expect(await failureOf(pushImage(bailo, { modelId: 'nope-abc123', image: 'a', size: 5 }))).toBeInstanceOf(
      ResponseError,
    )
    const guest = await connect({ url: sandbox.url, ...sandbox.createKeys('guest') })
    const modelId = await makeModel(sandbox)
    expect(await failureOf(pushImage(guest, { modelId, image: 'a', size: 5000 }))).toMatchObject({ status: 403 })
    const own = await createModel(guest, { name: 'Own' })
    expect((await pushImage(guest, { modelId: own, image: 'a', size: 5000 })).digest).toMatch(/^sha256:/)
    await guest.close()
  })

  it('refuses names that registries do not take', async () => {
    expect(await failureOf(pushImage(bailo, { modelId: 'm', image: 'A', size: 5 }))).toBeInstanceOf(ExpectedError)
    expect(sandbox.requests).toEqual([])
  })
})

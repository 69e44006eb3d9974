import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/lib/errors.js'
import { startSandbox, type SandboxOptions } from '../../src/lib/sandbox/index.js'
import { SandboxState } from '../../src/lib/sandbox/state.js'
import { runCli, signalGroup } from '../commands/cli.js'
import { bearer, callApi, type Instance } from '../commands/read-instance.js'
import { TestSandbox, type Answer } from './client.js'

let parent: string
let dataDirectory: string
let running: TestSandbox[]

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))
  dataDirectory = path.join(parent, 'data')
  running = []
})

afterEach(async () => {
  await Promise.all(running.map((server) => server.close()))
  await rm(parent, { recursive: true })
})

async function start(options: SandboxOptions = {}): Promise<TestSandbox> {
  const server = await TestSandbox.start({ dataDirectory, ...options })
  running.push(server)
  return server
}

async function restart(server: TestSandbox): Promise<TestSandbox> {
  await server.close()
  return start()
}

const snapshotFile = () => path.join(dataDirectory, 'snapshot.json')

async function readBlobNames(): Promise<string[]> {
  return readdir(path.join(dataDirectory, 'blobs'))
}

/** Fills a sandbox with one of everything that the API can make, and returns the paths on which it can be read. */
async function fill(server: TestSandbox): Promise<{ modelId: string; fileId: string; paths: string[] }> {
  const modelId = await server.createModelWithCard({ name: 'Kept model', tags: ['Tag'] })
  const metadata = { overview: { modelSummary: 'with "$type"' } }
  expect((await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata })).status).toBe(200)
  const fileId = await server.upload(modelId, '../ä "b".bin', 'some bytes', '&tags=x')
  await server.pushImage(modelId, 'group/image', 'v1', 'layer')
  const images = [{ repository: modelId, name: 'group/image', tag: 'v1' }]
  expect((await server.createRelease(modelId, '1.0.0', { fileIds: [fileId], images })).status).toBe(200)
  expect((await server.createRelease(modelId, '1.1.0', { draft: true, minor: true })).status).toBe(200)
  expect((await server.createRelease(modelId, '0.9.0')).status).toBe(200)
  expect((await server.delete(`/api/v2/model/${modelId}/release/0.9.0`)).status).toBe(200)
  const request = { metadata: { overview: { name: 'me', entities: ['user:user'] } }, schemaId: 'minimal-access-request-general-v10' } // prettier-ignore
  expect((await server.post(`/api/v2/model/${modelId}/access-requests`, request)).status).toBe(200)
  const webhook = { name: 'w', uri: 'http://127.0.0.1:9/', events: ['createRelease'] }
  expect((await server.post(`/api/v2/model/${modelId}/webhooks`, webhook)).status).toBe(200)
  await server.createToken(['model:read'], [modelId])
  const model = `/api/v2/model/${modelId}`
  const paths = [
    model,
    '/api/v2/models/search',
    '/api/v2/schemas',
    '/api/v2/user/tokens',
    '/api/v2/reviews',
    `${model}/model-card-revisions`,
    `${model}/files`,
    `${model}/releases`,
    `${model}/release/1.0.0`,
    `${model}/images`,
    `${model}/image/${encodeURIComponent('group/image')}/v1`,
    `${model}/access-requests`,
    `${model}/webhooks`,
    `${model}/file/${fileId}/download`,
  ]
  return { modelId, fileId, paths }
}

async function readAll(server: TestSandbox, paths: readonly string[]): Promise<Record<string, unknown>> {
  const answers: [string, Pick<Answer, 'status' | 'text'>][] = []
  for (const one of paths) {
    const { status, text } = await server.get(one, { keys: server.sandbox })
    answers.push([one, { status, text }])
  }
  return Object.fromEntries(answers)
}

describe('a restart', () => {
  test('changes neither the keys nor any answer', async () => {
    const first = await start()
    const { modelId, paths } = await fill(first)
    const before = await readAll(first, paths)
    expect(Object.values(before)).toEqual(paths.map(() => expect.objectContaining({ status: 200 }) as unknown))

    const second = await restart(first)

    expect(second.sandbox).toMatchObject({
      accessKey: first.sandbox.accessKey,
      secretKey: first.sandbox.secretKey,
    })
    expect(await readAll(second, paths)).toEqual(before)
    const third = await restart(second)
    expect(await readAll(third, paths)).toEqual(before)
    const again = await third.createRelease(modelId, '0.9.0')
    expect(again.status).toBe(400)
  })

  test('loses nothing of all that a snapshot holds, whatever that is', async () => {
    const first = await start({ scanners: { waitMs: 0, baseMs: 0, perMebibyteMs: 0 } })
    const { modelId } = await fill(first)
    const mirror = { settings: { mirror: { destinationModelId: 'elsewhere-abc123' } } }
    expect((await first.patch(`/api/v2/model/${modelId}`, mirror)).status).toBe(200)
    const { body } = await first.get(`/api/v2/model/${modelId}/release/1.0.0`)
    const comment = { comment: 'c' }
    expect((await first.post(`/api/v2/model/${modelId}/release/1.0.0/comment`, comment)).status).toBe(200)
    expect(body.release.semver).toBe('1.0.0')
    const exported = { disclaimerAgreement: true, semvers: ['1.0.0'] }
    expect((await first.post(`/api/v2/model/${modelId}/export/s3`, exported)).status).toBe(200)
    await first.close()
    const before = await readFile(snapshotFile(), 'utf8')

    await (await start()).close()

    expect(JSON.parse(await readFile(snapshotFile(), 'utf8'))).toEqual(JSON.parse(before))
    const { state, blobs } = JSON.parse(before) as Record<string, Record<string, unknown>>
    expect(Object.keys(state ?? {})).toEqual(Object.keys(new SandboxState()))
    expect(await readBlobNames()).toHaveLength((blobs?.value as unknown[]).length)
  })

  test('leaves changes possible, in the right order', async () => {
    const first = await start()
    const { modelId } = await fill(first)
    const second = await restart(first)
    const { status } = await second.createRelease(modelId, '3.0.0')
    expect(status).toBe(200)
    await second.upload(modelId, 'new', 'n')
    const { body } = await second.get(`/api/v2/model/${modelId}/releases`)
    expect(body.releases.map(({ semver }) => semver)).toEqual(['1.1.0', '3.0.0', '1.0.0'])
  })

  test('keeps the bytes of layers, and their sharing', async () => {
    const first = await start()
    const [a, b] = [await first.createModel(), await first.createModel()]
    for (const modelId of [a, b]) await first.pushImage(modelId, 'i', 'v1', 'shared layer')
    const second = await restart(first)
    expect((await second.delete(`/api/v2/model/${a}`)).status).toBe(200)
    const authorization = await bearer(second.sandbox, `${b}/i`)
    const url = `${second.sandbox.url}/v2/${b}/i`
    const accept = 'application/vnd.oci.image.manifest.v1+json'
    const manifest = await fetch(`${url}/manifests/v1`, { headers: { authorization, accept } })
    const { layers } = (await manifest.json()) as { layers: { digest: string }[] }
    const layer = await fetch(`${url}/blobs/${layers[0]?.digest}`, { headers: { authorization } })
    expect(await layer.text()).toBe('shared layer')
  })

  test('keeps a file of many parts, and forgets an upload that was not finished', async () => {
    const first = await start()
    const modelId = await first.createModel()
    const multipart = `/api/v2/model/${modelId}/files/upload/multipart`
    const size = 5 * 1024 * 1024 + 3
    const begin = async (name: string) => {
      const { body } = await first.post(`${multipart}/start`, { name, size, mime: 'a/b' })
      const query = `fileId=${body.fileId}&uploadId=${body.uploadId}`
      const first5 = Buffer.alloc(5 * 1024 * 1024, 'a')
      const part = await first.send('POST', `${multipart}/part?${query}&partNumber=1`, first5)
      return { ...body, query, etag: part.body.ETag }
    }
    const whole = await begin('whole')
    await begin('unfinished')
    const last = await first.send('POST', `${multipart}/part?${whole.query}&partNumber=2`, Buffer.from('end'))
    const parts = [
      { ETag: whole.etag, PartNumber: 1 },
      { ETag: last.body.ETag, PartNumber: 2 },
    ]
    const { fileId, uploadId } = whole
    expect((await first.post(`${multipart}/finish`, { fileId, uploadId, parts })).status).toBe(200)
    expect(await readBlobNames()).toHaveLength(3)

    const second = await restart(first)

    const { text } = await second.get(`/api/v2/model/${modelId}/file/${fileId}/download`)
    expect(text).toBe(`${'a'.repeat(5 * 1024 * 1024)}end`)
    const { body } = await second.get(`/api/v2/model/${modelId}/files`)
    expect(body.files.map(({ name, complete }) => [name, complete])).toEqual([
      ['whole', true],
      ['unfinished', false],
    ])
    expect(await readBlobNames()).toHaveLength(2)
  })

  test('gives new keys when the token of the old ones was deleted', async () => {
    const first = await start()
    expect((await first.delete(`/api/v2/user/token/${first.sandbox.accessKey}`)).status).toBe(200)
    const second = await restart(first)
    expect(second.sandbox.accessKey).not.toBe(first.sandbox.accessKey)
    expect((await second.get('/api/v2/models/search', { keys: second.sandbox })).status).toBe(200)
  })

  test('keeps that large bytes were dropped', async () => {
    const first = await start({ discard: true })
    const modelId = await first.createModel()
    const fileId = await first.upload(modelId, 'large', Buffer.alloc(100_000, 'x'))
    const second = await restart(first)
    const { text } = await second.get(`/api/v2/model/${modelId}/file/${fileId}/download`)
    expect(text).toBe('\0'.repeat(100_000))
  })
})

describe('a process that is killed', () => {
  test('leaves what was there a moment before, with all its bytes', async () => {
    const server = await start()
    const modelId = await server.createModel()
    const [gone, kept] = [await server.upload(modelId, 'gone', 'gone'), await server.upload(modelId, 'kept', 'kept')]
    await expect.poll(() => readFile(snapshotFile(), 'utf8')).toContain(kept)
    const copy = path.join(parent, 'copy')
    await mkdir(path.join(copy, 'blobs'), { recursive: true })
    await writeFile(path.join(copy, 'snapshot.json'), await readFile(snapshotFile()))

    expect((await server.delete(`/api/v2/model/${modelId}/file/${gone}`)).status).toBe(200)
    // The snapshot is the old one still, or the new one already; a copy of the old one needs the bytes as they are now.
    for (const name of await readBlobNames()) {
      await writeFile(path.join(copy, 'blobs', name), await readFile(path.join(dataDirectory, 'blobs', name)))
    }

    const revived = await start({ dataDirectory: copy })
    const { body } = await revived.get(`/api/v2/model/${modelId}/files`)
    expect(body.files.map(({ name }) => name)).toEqual(['gone', 'kept'])
    for (const [id, content] of [
      [gone, 'gone'],
      [kept, 'kept'],
    ]) {
      // prettier-ignore
      expect((await revived.get(`/api/v2/model/${modelId}/file/${id}/download`)).text).toBe(content)
    }
    await expect.poll(() => readFile(snapshotFile(), 'utf8')).not.toContain(gone)
    await expect.poll(readBlobNames).toHaveLength(1)
  })

  test('of its own leaves a directory that the next one can use, and that others cannot while it runs', async () => {
    let report = ''
    let modelId: string | undefined
    let refusal: unknown
    const { signal } = await runCli(['sandbox', '--json', '--data-dir', dataDirectory], {
      onStart: (child) => {
        const useAndKill = async (): Promise<void> => {
          const instance = JSON.parse(report) as Instance
          const body = { name: 'm', kind: 'model', description: 'd' }
          const answer = await callApi<{ model: { id: string } }>(instance, 'POST', '/api/v2/models', body)
          modelId = answer.model.id
          // Saved in the background: on a busy machine that takes its time.
          await expect.poll(() => readFile(snapshotFile(), 'utf8'), { timeout: 10_000 }).toContain(modelId)
          refusal = await startSandbox({ dataDirectory }).catch((error: unknown) => error)
        }
        child.stdout.on('data', (text: Buffer) => {
          report += text.toString()
          if (report.trimEnd().endsWith('}')) void useAndKill().finally(() => signalGroup(child, 'SIGKILL'))
        })
      },
    })
    expect(signal).toBe('SIGKILL')
    expect(refusal).toBeInstanceOf(UsageError)
    expect(String(refusal)).toMatch(/is in use by process \d+\./)
    const { accessKey, secretKey } = JSON.parse(report) as Instance

    const revived = await start()

    expect(revived.sandbox).toMatchObject({ accessKey, secretKey })
    expect((await revived.get(`/api/v2/model/${modelId}`, { keys: revived.sandbox })).status).toBe(200)
  })

  test('leaves bytes that nothing refers to, which the next one removes; it removes nothing else', async () => {
    await (await start()).close()
    const stray = path.join(dataDirectory, 'blobs', '11111111-2222-4333-8444-555555555555')
    const foreign = path.join(dataDirectory, 'blobs', 'my notes.txt')
    for (const file of [stray, foreign]) await writeFile(file, 'x')
    await writeFile(path.join(dataDirectory, 'snapshot.json.new'), '{"torn')
    await start()
    expect(await readBlobNames()).toEqual(['my notes.txt'])
  })
})

describe('a snapshot that cannot be used', () => {
  const refusals: [string, string, RegExp][] = [
    ['torn', '{"format":"bailo-exp sandbox","version":1,"keys":{"acc', /is damaged: it is not JSON/],
    ['empty', '', /is damaged: it is not JSON/],
    ['foreign', '{"name":"something else"}', /is not a snapshot of a sandbox/],
    ['not even an object', 'null', /is not a snapshot of a sandbox/],
    ['newer', '{"format":"bailo-exp sandbox","version":2}', /has version 2, and this bailo-exp reads version 1/],
    ['incomplete', '{"format":"bailo-exp sandbox","version":1}', /is damaged: a part of it is missing/],
    ['strange', '{"format":"bailo-exp sandbox","version":1,"state":{"$type":"x"}}', /is damaged: it holds what no/],
  ]

  test.each(refusals)('is refused and left alone: %s', async (_title, text, message) => {
    await mkdir(dataDirectory)
    await writeFile(snapshotFile(), text)
    const failure = startSandbox({ dataDirectory })
    await expect(failure).rejects.toThrow(UsageError)
    await expect(failure).rejects.toThrow(message)
    expect(await readFile(snapshotFile(), 'utf8')).toBe(text)
    expect(await readdir(dataDirectory)).toEqual(['snapshot.json'])
  })

  test('is refused when bytes are missing, or are not as many as there were', async () => {
    const server = await start()
    const modelId = await server.createModel()
    await server.upload(modelId, 'f', 'four')
    await server.close()
    const before = await readFile(snapshotFile(), 'utf8')
    const [name = ''] = await readBlobNames()
    const blob = path.join(dataDirectory, 'blobs', name)
    await writeFile(blob, 'five!')
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(/is damaged: .*, of 4 bytes, has 5 bytes/)
    await rm(blob)
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(/is damaged: .*, of 4 bytes, is missing/)
    expect(await readFile(snapshotFile(), 'utf8')).toBe(before)
    await writeFile(blob, 'four')
    await start()
  })

  test('cannot name a file elsewhere', async () => {
    const server = await start()
    const modelId = await server.createModel()
    await server.upload(modelId, 'f', 'four')
    await server.close()
    const [name = ''] = await readBlobNames()
    await writeFile(path.join(parent, 'secret'), 'four')
    const text = await readFile(snapshotFile(), 'utf8')
    await writeFile(snapshotFile(), text.replaceAll(name, '../../secret'))
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(/is damaged/)
    expect(await readFile(path.join(parent, 'secret'), 'utf8')).toBe('four')
  })
})

describe('a directory', () => {
  test('with other things in it is refused', async () => {
    await mkdir(dataDirectory)
    await writeFile(path.join(dataDirectory, 'thesis.tex'), 'x')
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(/is not empty, and it holds no sandbox/)
    await rm(path.join(dataDirectory, 'thesis.tex'))
    await mkdir(path.join(dataDirectory, 'blobs'))
    await writeFile(path.join(dataDirectory, 'blobs', '11111111-2222-4333-8444-555555555555'), 'mine')
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(/is not empty, and it holds no sandbox/)
    expect(await readdir(dataDirectory)).toEqual(['blobs'])
  })

  test('that is a file is refused', async () => {
    await writeFile(dataDirectory, 'x')
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(UsageError)
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(`cannot use the data directory ${dataDirectory}`)
  })

  test.skipIf(process.platform === 'win32')('is for its owner only (modes are of POSIX systems)', async () => {
    await mkdir(dataDirectory, { mode: 0o755 })
    await chmod(dataDirectory, 0o755)
    const server = await start()
    await server.upload(await server.createModel(), 'f', 'x')
    const modeOf = async (...names: string[]) => (await stat(path.join(dataDirectory, ...names))).mode & 0o777
    expect(await modeOf()).toBe(0o700)
    const names = await readdir(dataDirectory, { recursive: true })
    expect(names.length).toBeGreaterThanOrEqual(4)
    for (const name of names) expect([name, await modeOf(name)]).toEqual([name, name === 'blobs' ? 0o700 : 0o600])
  })

  test('that cannot be written to any more is reported at the end', async () => {
    const server = await TestSandbox.start({ dataDirectory })
    await rm(dataDirectory, { recursive: true })
    await expect(server.close()).rejects.toThrow(`The sandbox could not be saved in ${dataDirectory}: ENOENT`)
    // It is free again all the same.
    await start()
  })
})

describe('a seeded model', () => {
  test('is kept as well, with its zeros', async () => {
    const first = await start()
    const document = (digit: string) => ({
      _id: digit.repeat(24),
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-02T00:00:00.000Z',
    })
    const details = { kind: 'model', visibility: 'public', organisation: '', state: '' } as const
    await first.sandbox.seed({
      model: { ...document('1'), ...details, id: 'seeded-abc123', name: 'S', description: 'd', tags: [], settings: {}, collaborators: [] }, // prettier-ignore
      schemas: [],
      cards: [],
      files: [{ ...document('2'), name: 'f', mime: 'a/b', tags: [], sizeBytes: 5 }],
      releases: [],
      images: [],
    })
    const second = await restart(first)
    const url = `${second.sandbox.url}/api/v2/model/seeded-abc123/file/${'2'.repeat(24)}/download`
    const { body } = await fetch(url)
    expect(await buffer(body as unknown as AsyncIterable<Uint8Array>)).toEqual(Buffer.alloc(5))
  })
})

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startSandbox } from '../../src/lib/sandbox/index.js'
import { runCli, signalGroup } from '../commands/cli.js'
import { basicAuth, bearer } from '../commands/read-instance.js'
import { TestSandbox } from './client.js'

let parent: string
let server: TestSandbox

const NAMES = [
  '../../x',
  '../../../../../../tmp/x',
  '/etc/passwd',
  '..',
  '.',
  'a/../../b',
  '..\\..\\x',
  'C:\\x',
  'NUL\u0000byte',
  '\u0000',
  'CON',
  'nul.txt',
  'x'.repeat(2000),
  'snapshot.json',
  'lock',
  'blobs',
  '__proto__',
  '\u202etxt.exe',
  'Größe 寸法 💾',
  'a\nb\r\nc',
  '$(touch x)',
  '; rm -rf ~',
  '%2e%2e%2f',
]

/** Every path under a directory, with what tells whether it was changed. */
async function list(directory: string, except?: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  const kept = names.filter((name) => except === undefined || (name !== except && !name.startsWith(except + path.sep)))
  const lines = kept.map(async (name) => {
    const { size, mtimeMs, mode } = await stat(path.join(directory, name))
    return `${name} ${size} ${mode} ${(await stat(path.join(directory, name))).isFile() ? mtimeMs : ''}`
  })
  return (await Promise.all(lines)).sort()
}

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))
  await writeFile(path.join(parent, 'x'), 'not the sandbox')
  await writeFile(path.join(parent, 'snapshot.json'), 'not the sandbox')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(parent, { recursive: true })
})

/** Uses a name wherever the API takes a text that could end up in a path. */
async function useEverywhere(name: string): Promise<void> {
  const encoded = encodeURIComponent(Buffer.from(name).toString())
  const modelId = await server.createModelWithCard({ name, description: name, tags: [name] })
  const model = `/api/v2/model/${modelId}`
  const fileId = await server.upload(modelId, name, 'content', `&tags=${encoded}`)
  const release = { notes: name, fileIds: [fileId] }
  expect((await server.createRelease(modelId, '1.0.0', release)).status).toBe(200)
  const start = await server.post(`${model}/files/upload/multipart/start`, { name, size: 7, mime: name, tags: [name] })
  const { fileId: partId, uploadId } = start.body
  const query = `fileId=${partId}&uploadId=${uploadId}&partNumber=1`
  const part = await server.send('POST', `${model}/files/upload/multipart/part?${query}`, Buffer.from('content'))
  const parts = [{ ETag: part.body.ETag, PartNumber: 1 }]
  const finish = { fileId: partId, uploadId, parts }
  expect((await server.post(`${model}/files/upload/multipart/finish`, finish)).status).toBe(200)
  const { text } = await server.get(`${model}/file/${fileId}/download`)
  expect(text).toBe('content')
  await server.get(`${model}/release/1.0.0/file/${encoded}/download`)
  await server.get(`/api/v2/model/${encoded}`)
  await server.get(`${model}/file/${encoded}/download`)
  await server.get(`${model}/image/${encoded}/${encoded}`)
  await server.post(`${model}/webhooks`, { name, uri: 'http://127.0.0.1:9/', events: ['createRelease'] })
  await server.post('/api/v2/user/tokens', { description: name, scope: 'models', modelIds: [name], actions: [] })
  await useInRegistry(encoded, name)
}

/** The registry takes almost none of the names; none of its answers matters here, only what is on disk afterwards. */
async function useInRegistry(encoded: string, name: string): Promise<void> {
  const modelId = await server.createModel({ name: 'registry' })
  const authorization = await bearer(server.sandbox, `${modelId}/i`, 'pull,push')
  const headers = { authorization, 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
  const send = (method: string, url: string, body?: string) =>
    fetch(`${server.sandbox.url}${url}`, { method, headers, ...(body !== undefined && { body }) })
  await send('POST', `/v2/${modelId}/${encoded}/blobs/uploads/`)
  await send('PUT', `/v2/${modelId}/i/manifests/${encoded}`, '{"schemaVersion":2}')
  await send('POST', `/v2/${modelId}/i/blobs/uploads/?digest=${encoded}`, 'x')
  await send('POST', `/v2/${modelId}/i/blobs/uploads/?mount=${encoded}&from=${encoded}`)
  await send('GET', `/v2/${modelId}/i/blobs/${encoded}`)
  await send('PATCH', `/v2/${modelId}/i/blobs/uploads/${encoded}`, 'x')
  await fetch(`${server.sandbox.url}/api/v1/registry_auth?service=RegistryAuth&scope=repository:${encoded}:push`, {
    headers: { authorization: basicAuth(server.sandbox) },
  })
  // What no name does to the registry, its own names still do.
  await server.pushImage(modelId, 'fine', 'v1', name || 'layer')
}

describe('names of any sort', () => {
  test('leave nothing outside of the data directory', async () => {
    const dataDirectory = path.join(parent, 'data')
    server = await TestSandbox.start({ dataDirectory })
    const before = await list(parent, 'data')
    for (const name of NAMES) await useEverywhere(name)
    await server.close()
    expect(await list(parent, 'data')).toEqual(before)
    expect(await readFile(path.join(parent, 'x'), 'utf8')).toBe('not the sandbox')
    const inside = await readdir(dataDirectory)
    expect(inside.sort()).toEqual(['blobs', 'snapshot.json'])
    const blobs = await readdir(path.join(dataDirectory, 'blobs'))
    expect(blobs.length).toBeGreaterThan(NAMES.length)
    expect(blobs.filter((name) => !/^[0-9a-f-]{36}$/.test(name))).toEqual([])
    await (await startSandbox({ dataDirectory })).close()
  })

  test('leave nothing at all without one', async () => {
    server = await TestSandbox.start({ temporaryParent: parent })
    const [temporary = ''] = (await readdir(parent)).filter((name) => name.startsWith('bailo-exp-sandbox-'))
    expect(temporary).not.toBe('')
    const before = await list(parent, temporary)
    for (const name of NAMES) await useEverywhere(name)
    expect(await list(parent, temporary)).toEqual(before)
    await server.close()
    expect(await list(parent)).toEqual(before)
  })
})

describe('who can reach a sandbox', () => {
  /** Starts `bailo-exp sandbox`, asks for it at an address, and ends it. */
  async function runAndAsk(args: readonly string[], address: string) {
    let output = ''
    let isReached: boolean | undefined
    const { stderr, exitCode } = await runCli(['sandbox', '--json', ...args], {
      onStart: (child) => {
        child.stdout.on('data', (text: Buffer) => {
          output += text.toString()
          if (!output.includes('\n}')) return
          const { port } = new URL((JSON.parse(output) as { url: string }).url)
          fetch(`http://${address}:${port}/api/v2/models/search`).then(
            ({ status }) => {
              isReached = status === 200
              signalGroup(child, 'SIGTERM')
            },
            () => {
              isReached = false
              signalGroup(child, 'SIGTERM')
            },
          )
        })
      },
    })
    return { stderr, exitCode, isReached, url: (JSON.parse(output) as { url: string }).url }
  }

  const other = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

  test('this machine, by default, and nobody is told anything', async () => {
    expect(await runAndAsk([], '127.0.0.1')).toMatchObject({ stderr: '', exitCode: 0, isReached: true })
  })

  test.skipIf(other === undefined)('nobody else, by default (needs a second address of this machine)', async () => {
    expect(await runAndAsk([], other ?? '')).toMatchObject({ stderr: '', exitCode: 0, isReached: false })
  })

  test('others as well, on all addresses, and that is said on stderr', async () => {
    const { stderr, exitCode, isReached, url } = await runAndAsk(['--host', '0.0.0.0'], other ?? '127.0.0.1')
    expect(stderr).toContain('Others can reach this sandbox')
    expect({ exitCode, isReached }).toEqual({ exitCode: 0, isReached: true })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  test.each(['127.0.0.2', '::1'])('this machine, on its address %s, and nobody is told anything', async (host) => {
    const address = host === '::1' ? '[::1]' : host
    expect(await runAndAsk(['--host', host], address)).toMatchObject({ stderr: '', exitCode: 0, isReached: true })
  })

  test('nobody, on an address that this machine does not have', async () => {
    const { exitCode, stderr } = await runCli(['sandbox', '--host', '192.0.2.1'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('The sandbox cannot listen on 192.0.2.1')
  })
})

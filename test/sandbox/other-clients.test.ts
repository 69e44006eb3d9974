import { execFile, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TestSandbox, type Keys } from './client.js'
import { OciLayout } from './oci-layout.js'

let server: TestSandbox
let modelId: string
let directory: string
beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await server.createModelWithCard()
  directory = await mkdtemp(path.join(tmpdir(), 'other-clients-test-'))
})
afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(program: string, ...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: directory, env: { PATH: process.env.PATH, HOME: directory }, maxBuffer: 64 * 1024 * 1024 }
    execFile(program, parameters, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    )
  })
}

async function succeed(program: string, ...parameters: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, ...parameters)
  expect(code, stderr).toBe(0)
  return stdout
}

/** Returns why a test with the program cannot run here; undefined when it can. */
function explainMissing(program: string): string | undefined {
  return spawnSync(program, ['--version']).error === undefined ? undefined : `${program} is not installed here`
}

describe('skopeo', () => {
  const whyNot = explainMissing('skopeo')
  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot))

  const urlOf = (reference: string) => `docker://${new URL(server.sandbox.url).host}/${modelId}/${reference}`
  const keysOf = ({ accessKey, secretKey }: Keys = server.sandbox) => `${accessKey}:${secretKey}`
  const copyIn = (source: OciLayout, reference: string, ...flags: readonly string[]) =>
    succeed('skopeo', ...COPY, ...TO_SANDBOX, keysOf(), ...flags, `oci:${source.directory}:it`, urlOf(reference))
  const copyOut = (reference: string, target: string, ...flags: readonly string[]) =>
    succeed('skopeo', ...COPY, ...FROM_SANDBOX, keysOf(), ...flags, urlOf(reference), `oci:${target}:it`)
  const ask = (command: string, ...parameters: readonly string[]) =>
    succeed('skopeo', command, '--tls-verify=false', '--creds', keysOf(), ...parameters)

  const COPY = ['--insecure-policy', 'copy', '--quiet']
  const TO_SANDBOX = ['--dest-tls-verify=false', '--dest-creds']
  const FROM_SANDBOX = ['--src-tls-verify=false', '--src-creds']

  async function createLayout(name: string): Promise<OciLayout> {
    return OciLayout.create(path.join(directory, name))
  }

  test('copies an image in and out, byte for byte', async () => {
    const source = await createLayout('plain-in')
    const manifest = await source.addImage('amd64', [200_000, 3_000_000])
    await source.tag('it', manifest)
    await copyIn(source, 'group/plain:1.0')
    const inspected = JSON.parse(await ask('inspect', urlOf('group/plain:1.0'))) as Inspected
    expect(inspected).toMatchObject({ Digest: manifest.digest, RepoTags: ['1.0'], Architecture: 'amd64', Os: 'linux' })
    expect(inspected.Layers).toHaveLength(2)
    await copyOut('group/plain:1.0', path.join(directory, 'plain-out'))
    expect(await readBlobs(path.join(directory, 'plain-out'))).toEqual(await readBlobs(source.directory))
  })

  test('copies an image in as a Docker one', async () => {
    const source = await createLayout('docker-in')
    await source.tag('it', await source.addImage('arm64', [100_000]))
    await copyIn(source, 'docker:1.0', '--format', 'v2s2')
    const manifest = JSON.parse(await ask('inspect', '--raw', urlOf('docker:1.0'))) as Manifest
    expect(manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
    expect(manifest.layers[0]?.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip')
    const { imageBreakdown } = (await server.get(`/api/v2/model/${modelId}/image/docker/1.0`)).body as unknown as Image
    expect(imageBreakdown.imageSize).toBe(manifest.config.size + (manifest.layers[0]?.size ?? 0))
  })

  test.for([
    ['as it is', [], 'application/vnd.oci.image.index.v1+json'],
    ['as Docker ones', ['--format', 'v2s2'], 'application/vnd.docker.distribution.manifest.list.v2+json'],
  ] as const)('copies an image of several platforms in and out, %s', async ([, flags, mediaType]) => {
    const source = await createLayout(`all-in-${flags.length}`)
    const index = await source.addIndex(['amd64', 'arm64', 's390x'], [50_000, 60_000])
    await source.tag('it', index)
    const reference = `all-${flags.length}:1.0`
    await copyIn(source, reference, '--all', ...flags)
    const raw = await ask('inspect', '--raw', urlOf(reference))
    const { mediaType: stored, manifests } = JSON.parse(raw) as Index
    expect(stored).toBe(mediaType)
    expect(manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64', 's390x'])
    if (flags.length === 0) expect(digestOf(raw)).toBe(index.digest)
    const target = path.join(directory, `all-out-${flags.length}`)
    await copyOut(reference, target, '--all')
    if (flags.length === 0) expect(await readBlobs(target)).toEqual(await readBlobs(source.directory))
    const one = await ask('inspect', '--raw', urlOf(`all-${flags.length}@${manifests[1]?.digest}`))
    expect(digestOf(one)).toBe(manifests[1]?.digest)
  })

  test('copies from one image to another', async () => {
    const source = await createLayout('twice-in')
    const manifest = await source.addImage('amd64', [70_000])
    await source.tag('it', manifest)
    await copyIn(source, 'once:1.0')
    const flags = [...FROM_SANDBOX, keysOf(), ...TO_SANDBOX, keysOf()]
    await succeed('skopeo', ...COPY, ...flags, urlOf('once:1.0'), urlOf('twice:2.0'))
    expect(digestOf(await ask('inspect', '--raw', urlOf('twice:2.0')))).toBe(manifest.digest)
  })

  test('lists tags and deletes an image', async () => {
    const source = await createLayout('delete-in')
    await source.tag('it', await source.addImage('amd64', [10_000]))
    await copyIn(source, 'gone:1.0')
    await source.tag('it', await source.addImage('amd64', [10_000]))
    await copyIn(source, 'gone:2.0')
    expect(JSON.parse(await ask('list-tags', urlOf('gone')))).toMatchObject({ Tags: ['1.0', '2.0'] })
    await ask('delete', urlOf('gone:1.0'))
    expect(JSON.parse(await ask('list-tags', urlOf('gone')))).toMatchObject({ Tags: ['2.0'] })
    const { body } = await server.get(`/api/v2/model/${modelId}/images`)
    expect(body.images.find(({ name }) => name === 'gone')?.tags).toEqual(['2.0'])
  })

  test('is refused with the wrong keys, and without the right to write', async () => {
    const source = await createLayout('refused-in')
    await source.tag('it', await source.addImage('amd64', [10_000]))
    const readOnly = await server.createToken(['model:read', 'image:read'])
    for (const [keys, complaint] of [
      [{ accessKey: 'BAC_00000000', secretKey: 'wrong' }, /401|unauthorized/i],
      [readOnly, /403|forbidden|denied/i],
    ] as const) {
      const parameters = [...COPY, ...TO_SANDBOX, keysOf(keys), `oci:${source.directory}:it`, urlOf('refused:1.0')]
      const { code, stderr } = await run('skopeo', ...parameters)
      expect(code).not.toBe(0)
      expect(stderr).toMatch(complaint)
    }
    const { body } = await server.get(`/api/v2/model/${modelId}/images`)
    expect(body.images.filter(({ name }) => name === 'refused')).toEqual([])
  })
})

describe('curl', () => {
  const whyNot = explainMissing('curl')
  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot))

  // More than a MiB, so that curl waits for "100 Continue" before it sends the body.
  const content = randomBytes(3_000_001)
  const urlOf = (rest: string) => `${server.sandbox.url}/api/v2/model/${modelId}/${rest}`
  const curl = (...parameters: readonly string[]) => {
    const { accessKey, secretKey } = server.sandbox
    return succeed('curl', '--silent', '--show-error', '--fail', '--user', `${accessKey}:${secretKey}`, ...parameters)
  }

  async function upload(name: string, ...parameters: readonly string[]): Promise<string> {
    const { file } = JSON.parse(await curl(...parameters, urlOf(`files/upload/simple?name=${name}`))) as Uploaded
    expect(file).toMatchObject({ name, size: content.length })
    return urlOf(`file/${file.id}/download`)
  }

  beforeAll(() => writeFile(path.join(directory, 'content'), content))

  test.for([
    ['a file', ['--header', 'content-type: application/octet-stream', '--data-binary', '@content']],
    ['a file, as a form', ['--data-binary', '@content']],
    ['a file as a stream', ['--request', 'POST', '--upload-file', 'content']],
    ['a stream of unknown length', ['--request', 'POST', '--header', 'transfer-encoding: chunked', '-T', 'content']],
  ] as const)('uploads %s, and downloads it', async ([, parameters]) => {
    const url = await upload('weights.bin', ...parameters)
    await curl('--output', 'downloaded', url)
    expect((await readFile(path.join(directory, 'downloaded'))).equals(content)).toBe(true)
  })

  test('saves a download under its own name', async () => {
    const url = await upload('named.bin', '--data-binary', '@content')
    await curl('--remote-name', '--remote-header-name', url)
    expect((await readFile(path.join(directory, 'named.bin'))).equals(content)).toBe(true)
  })

  test('downloads ranges', async () => {
    const url = await upload('ranges.bin', '--data-binary', '@content')
    await curl('--output', 'first', '--range', '0-999999', url)
    await curl('--output', 'rest', '--range', '1000000-', url)
    const parts = await Promise.all(['first', 'rest'].map((name) => readFile(path.join(directory, name))))
    expect(parts.map((part) => part.length)).toEqual([1_000_000, 2_000_001])
    expect(Buffer.concat(parts).equals(content)).toBe(true)
  })

  test('resumes a download', async () => {
    const url = await upload('resumed.bin', '--data-binary', '@content')
    await curl('--output', 'resumed', url)
    await truncate(path.join(directory, 'resumed'), 1_234_567)
    await curl('--output', 'resumed', '--continue-at', '-', url)
    expect((await readFile(path.join(directory, 'resumed'))).equals(content)).toBe(true)
    const ranges = await curl('--output', 'tail', '--continue-at', '3000000', '--write-out', '%{http_code}', url)
    expect(ranges).toBe('206')
  })

  test('fails for what is not there', async () => {
    const { code, stderr } = await run('curl', '--silent', '--show-error', '--fail', urlOf('file/none/download'))
    expect([code, stderr]).toEqual([22, expect.stringContaining('500')])
  })
})

interface Inspected {
  readonly Layers: readonly string[]
}

interface Manifest {
  readonly mediaType: string
  readonly config: { readonly size: number }
  readonly layers: readonly { readonly mediaType: string; readonly size: number }[]
}

interface Index {
  readonly mediaType: string
  readonly manifests: readonly { readonly digest: string; readonly platform: { readonly architecture: string } }[]
}

interface Image {
  readonly imageBreakdown: { readonly imageSize: number }
}

interface Uploaded {
  readonly file: { readonly id: string; readonly name: string; readonly size: number }
}

/** Returns the names of the blobs in the layout, after checking that each holds what its name says. */
async function readBlobs(layout: string): Promise<string[]> {
  const folder = path.join(layout, 'blobs', 'sha256')
  const names = (await readdir(folder)).sort()
  for (const name of names) expect(digestOf(await readFile(path.join(folder, name)))).toBe(`sha256:${name}`)
  return names
}

function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

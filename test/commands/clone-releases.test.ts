import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { basicAuth, bearer, callApi, describeModel, readFiles, readManifest, readReleases } from './read-instance.js'

interface Result {
  destination: { modelId: string; isNew: boolean }
  planned: Record<string, number>
  problems: { code: string; subject: string }[]
  leftOut: string[]
  run: { isDryRun: boolean; planned: string[]; failed: unknown[]; steps: { kind: string; done: number }[] }
  comparison?: { releases: number; files: number; images: number; layers: number; differences: unknown[] }
}

let directory: string
const sandboxes: Sandbox[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-clone-'))
})

afterEach(async () => {
  await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.close()))
  await rm(directory, { recursive: true })
})

async function start(options: { discard?: boolean } = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  sandboxes.push(sandbox)
  return sandbox
}

/** Starts a sandbox with the demo's source model, made by the real binary in a process of its own. */
async function startDemo(): Promise<{ sandbox: Sandbox; source: string; envFile: string }> {
  const sandbox = await start()
  const source = await fillDemo(sandbox)
  const envFile = await writeEnv('demo.env', sandbox, { CLONE_RELEASES_SOURCE_MODEL_ID: source })
  return { sandbox, source, envFile }
}

async function fillDemo(sandbox: Sandbox): Promise<string> {
  const { connect } = await import('../../src/lib/api/instance.js')
  const { Credentials } = await import('../../src/lib/config/credentials.js')
  const { createDemoModel } = await import('../../src/lib/demo/demo-model.js')
  const credentials = new Credentials(sandbox.url, sandbox.accessKey, sandbox.secretKey)
  const instance = connect({ origin: sandbox.url, credentials }, { userAgent: 'test' })
  try {
    return await createDemoModel(instance)
  } finally {
    await instance.connection.close()
  }
}

async function writeEnv(name: string, sandbox: Sandbox, more: Record<string, string> = {}): Promise<string> {
  const path = join(directory, name)
  const values = { URL: sandbox.url, ACCESS_KEY: sandbox.accessKey, SECRET_KEY: sandbox.secretKey, ...more }
  await writeFile(path, ['# kept', ...Object.entries(values).map(([key, value]) => `${key}=${value}`), ''].join('\n'))
  return path
}

async function clone(...args: string[]): Promise<{ result: Result; exitCode: number | null; stderr: string }> {
  const { stdout, stderr, exitCode } = await runCli(['clone-releases', '--json', ...args], { cwd: directory })
  return { result: JSON.parse(stdout) as Result, exitCode, stderr }
}

/** Requests since a mark, as `METHOD path`, without queries. */
function requestsSince(sandbox: Sandbox, mark: number): string[] {
  return sandbox.requests.slice(mark).map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`)
}

function changing(requests: readonly string[]): string[] {
  return requests.filter((request) => !/^(GET|HEAD|OPTIONS) /.test(request))
}

/** An empty model with a card, made by plain HTTP. */
async function createModel(sandbox: Sandbox, name = 'Destination'): Promise<string> {
  const { model } = await callApi<{ model: { id: string } }>(sandbox, 'POST', '/api/v2/models', {
    name,
    kind: 'model',
    description: 'd',
  })
  const schema = { schemaId: 'minimal-general-v10' }
  await callApi(sandbox, 'POST', `/api/v2/model/${model.id}/setup/from-schema`, schema)
  return model.id
}

async function upload(sandbox: Sandbox, modelId: string, name: string, sizeBytes: number): Promise<string> {
  const query = new URLSearchParams({ name })
  const response = await fetch(`${sandbox.url}/api/v2/model/${modelId}/files/upload/simple?${query.toString()}`, {
    method: 'POST',
    headers: { authorization: basicAuth(sandbox), 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(sizeBytes, 7),
  })
  return ((await response.json()) as { file: { _id: string } }).file._id
}

async function createRelease(sandbox: Sandbox, modelId: string, release: object): Promise<void> {
  const body = { notes: 'n', fileIds: [], images: [], ...release }
  await callApi(sandbox, 'POST', `/api/v2/model/${modelId}/releases`, body)
}

describe('clone-releases', () => {
  it('makes a copy that plain HTTP finds identical, and says so', async () => {
    const { sandbox, source, envFile } = await startDemo()

    const { result, exitCode } = await clone('--env-file', envFile)

    expect(exitCode).toBe(0)
    const copy = result.destination.modelId
    expect(result.destination.isNew).toBe(true)
    const [expected, actual] = [await describeModel(sandbox, source), await describeModel(sandbox, copy)]
    expect(actual).toEqual(expected)
    expect(actual.releases).toHaveLength(9)
    expect(Object.keys(actual.images)).toHaveLength(4)
    expect(result.comparison).toEqual({ releases: 9, files: 35, images: 4, layers: 13, differences: [] })
    expect(result.leftOut).toEqual([expect.stringMatching(/^attestation sha256:[0-9a-f]{64} of image server:2\.0\.0$/)])
    expect(await readFile(envFile, 'utf8')).toMatch(/^# kept\n[^]*\nCLONE_RELEASES_DESTINATION_MODEL_ID=/)
    expect(await readFile(envFile, 'utf8')).toContain(`CLONE_RELEASES_DESTINATION_MODEL_ID=${copy}\n`)
  })

  it('uploads each distinct file once, pushes each distinct layer once, and asks for no single release', async () => {
    const { sandbox, source, envFile } = await startDemo()
    const mark = sandbox.requests.length

    const { result } = await clone('--env-file', envFile)

    const requests = requestsSince(sandbox, mark)
    const copy = result.destination.modelId
    const count = (pattern: RegExp) => requests.filter((request) => pattern.test(request)).length
    expect(count(/^POST .*\/files\/upload\/simple$/)).toBe(8)
    expect(count(/^GET .*\/release\//)).toBe(0)
    expect(count(new RegExp(`^GET /api/v2/model/${source}/releases$`))).toBe(1)
    expect(count(/^POST .*\/releases$/)).toBe(9)
    // 8 layers of 9 names: two platforms of one base, all others of one image.
    expect(count(/^PATCH /)).toBe(9 + 5)
    expect(sandbox.requests.slice(mark).filter(({ path }) => path.includes('mount='))).toHaveLength(1)
    const server = await readManifest(sandbox, `${copy}/server`, '1.0.0')
    const trainer = await readManifest(sandbox, `${copy}/tools/trainer`, '1.1.0')
    expect(trainer.layers[0]?.digest).toBe(server.layers[0]?.digest)
    expect(new Set(server.layers.map(({ digest }) => digest)).size).toBe(3)
  })

  it('makes nothing on a second run, and says so', async () => {
    const { sandbox, envFile } = await startDemo()
    await clone('--env-file', envFile)
    const mark = sandbox.requests.length

    const { stdout, exitCode } = await runCli(['clone-releases', '--env-file', envFile], { cwd: directory })

    expect(exitCode).toBe(0)
    expect(stdout).toContain('Nothing to do: 9 releases there already.')
    expect(stdout).toContain('Identical to the source')
    expect(changing(requestsSince(sandbox, mark))).toEqual([])
  })

  it('copies from one instance to another', async () => {
    const { sandbox: from, source, envFile } = await startDemo()
    const to = await start()
    const toEnvFile = await writeEnv('to.env', to)
    const mark = from.requests.length

    const { result, exitCode } = await clone('--from-env-file', envFile, '--to-env-file', toEnvFile)

    expect(exitCode).toBe(0)
    expect(await describeModel(to, result.destination.modelId)).toEqual(await describeModel(from, source))
    expect(changing(requestsSince(from, mark))).toEqual([])
  })

  it('writes the same bytes for the same seed and others for another', async () => {
    const { sandbox, envFile } = await startDemo()
    const digests = async (...args: string[]) => {
      const to = await createModel(sandbox)
      await clone('--env-file', envFile, '--to', to, '--semver', '1.0.0', ...args)
      const { layers } = await readManifest(sandbox, `${to}/server`, '1.0.0')
      const files = await readFiles(sandbox, to)
      const small = files.find(({ name }) => name === 'config.json')
      const download = await fetch(`${sandbox.url}/api/v2/model/${to}/file/${small?._id ?? ''}/download`)
      return [Buffer.from(await download.arrayBuffer()).toString('hex'), ...layers.map(({ digest }) => digest)]
    }

    const [first, again, other] = [await digests(), await digests(), await digests('--seed', 'other')]

    expect(again).toEqual(first)
    expect(first).toHaveLength(4)
    expect(other.filter((digest) => first.includes(digest))).toEqual([])
  })

  it('uses files that an earlier attempt left without a release', async () => {
    const { sandbox, envFile } = await startDemo()
    const to = await createModel(sandbox)
    const orphan = await upload(sandbox, to, 'config.json', 1204)
    await upload(sandbox, to, 'README.md', 9)

    const { result, exitCode } = await clone('--env-file', envFile, '--to', to)

    expect(exitCode).toBe(0)
    expect(result.planned).toMatchObject({ files: 7, reusedFiles: 1 })
    expect(await readFiles(sandbox, to)).toHaveLength(9)
    const releases = await readReleases(sandbox, to)
    expect(releases.find(({ semver }) => semver === '1.0.0')?.fileIds).toContain(orphan)
  })

  it('goes on where some releases are there already, with the files that they share', async () => {
    const { sandbox, source, envFile } = await startDemo()
    const to = await createModel(sandbox)
    const mark = sandbox.requests.length
    await clone('--env-file', envFile, '--to', to, '--semver', '<1.0.0')
    expect(await readReleases(sandbox, to)).toHaveLength(3)
    // Only these were asked for.
    const lists = sandbox.requests.slice(mark).filter(({ path }) => path.startsWith(`/api/v2/model/${source}/releases`))
    expect(lists.map(({ path }) => path.split('?')[1])).toEqual(['querySemver=%3C1.0.0'])

    const { result, exitCode } = await clone('--env-file', envFile, '--to', to)

    expect(exitCode).toBe(0)
    expect(result.planned).toMatchObject({ releases: 6, skippedReleases: 3, files: 3, reusedFiles: 4 })
    expect(await readFiles(sandbox, to)).toHaveLength(8)
    expect((await describeModel(sandbox, to)).releases).toEqual((await describeModel(sandbox, source)).releases)
  })

  it('changes nothing in a dry run, and lists what it would make', async () => {
    const { sandbox, envFile } = await startDemo()
    const to = await createModel(sandbox)
    const before = await readFile(envFile, 'utf8')
    const mark = sandbox.requests.length

    const existing = await clone('--env-file', envFile, '--to', to, '--dry-run')
    const fresh = await clone('--env-file', envFile, '--dry-run')

    expect(existing.exitCode).toBe(0)
    expect(changing(requestsSince(sandbox, mark))).toEqual([])
    expect(await readFile(envFile, 'utf8')).toBe(before)
    expect(existing.result.run.isDryRun).toBe(true)
    const kinds = existing.result.run.planned.map((key) => key.split(' ')[0])
    expect(kinds.filter((kind) => kind === 'file')).toHaveLength(8)
    expect(kinds.filter((kind) => kind === 'image')).toHaveLength(4)
    expect(existing.result.run.planned.filter((key) => key.startsWith('release '))).toEqual(
      ['0.1.0-alpha.1', '0.1.0', '0.1.1', '1.0.0', '1.0.1', '1.1.0', '2.0.0-rc.1', '2.0.0', '2.1.0'].map(
        (semver) => `release ${semver}`,
      ),
    )
    expect(fresh.result.run.planned.slice(0, 1)).toEqual(['model Clone of releases'])
  })

  it('leaves out files, images and versions on request', async () => {
    const { sandbox, envFile } = await startDemo()
    const to = await createModel(sandbox)

    const { result, exitCode } = await clone(
      ...['--env-file', envFile, '--to', to, '--no-files', '--no-images', '--semver', '>=1.0.0 <2.0.0-0'],
    )

    expect(exitCode).toBe(0)
    const releases = await readReleases(sandbox, to)
    expect(releases.map(({ semver }) => semver)).toEqual(['1.0.0', '1.0.1', '1.1.0'])
    expect(releases.flatMap(({ fileIds, images }) => [...fileIds, ...images])).toEqual([])
    expect(result.comparison).toEqual({ releases: 3, files: 0, images: 0, layers: 0, differences: [] })
  })

  it('saves a dump, and copies from an edited one', async () => {
    const { sandbox, envFile } = await startDemo()
    const dump = join(directory, 'dump.json')
    await clone('--env-file', envFile, '--save-dump', dump, '--dry-run')
    const saved = JSON.parse(await readFile(dump, 'utf8')) as { releases: Record<string, unknown>[] }
    expect(saved.releases).toHaveLength(9)
    const [first] = saved.releases.filter(({ semver }) => semver === '1.0.0')
    const edited = { releases: [{ ...first, semver: '7.0.0', notes: 'by hand' }] }
    await writeFile(dump, JSON.stringify(edited))
    const to = await createModel(sandbox)

    const { exitCode } = await clone('--env-file', envFile, '--from-file', dump, '--to', to)

    expect(exitCode).toBe(0)
    const copy = await describeModel(sandbox, to)
    expect(copy.releases.map(({ semver, notes }) => `${semver} ${notes}`)).toEqual(['7.0.0 by hand'])
    expect(copy.releases[0]?.files).toHaveLength(5)
    expect(copy.images).toEqual({ 'server:1.0.0': { layers: [3_145_728, 1_887_437, 204_811] } })
  })

  it('keeps the order of creation, whatever the versions are', async () => {
    const sandbox = await start()
    const source = await createModel(sandbox, 'Source')
    const semvers = ['3.0.0', '1.0.0', '2.0.0', '1.5.0-beta.2', '0.9.0']
    for (const [index, semver] of semvers.entries()) {
      await createRelease(sandbox, source, { semver, draft: index === 2, minor: index === 3 })
    }
    // A later change moves a release to the front of the server's listing.
    const change = { notes: 'changed', fileIds: [], images: [], modelCardVersion: 1 }
    await callApi(sandbox, 'PUT', `/api/v2/model/${source}/release/3.0.0`, change)
    const envFile = await writeEnv('order.env', sandbox)

    const { result, exitCode } = await clone('--env-file', envFile, '--from', source, '--concurrency', '16')

    expect(exitCode).toBe(0)
    const copy = await readReleases(sandbox, result.destination.modelId)
    expect(copy.map(({ semver }) => semver)).toEqual(semvers)
    expect(copy.map(({ notes }) => notes)).toEqual(['changed', 'n', 'n', 'n', 'n'])
  })

  it('tells two files of one name and size apart by their ids', async () => {
    const sandbox = await start()
    const source = await createModel(sandbox, 'Source')
    for (const semver of ['1.0.0', '2.0.0']) {
      const id = await upload(sandbox, source, 'weights.bin', 100)
      await createRelease(sandbox, source, { semver, fileIds: [id] })
    }
    const envFile = await writeEnv('twins.env', sandbox)

    const { result, exitCode } = await clone('--env-file', envFile, '--from', source)

    expect(exitCode).toBe(0)
    expect(await readFiles(sandbox, result.destination.modelId)).toHaveLength(2)
  })

  describe('what cannot be copied exactly', () => {
    it('is said before anything is made, and the rest is made with --keep-going', async () => {
      const { sandbox, envFile } = await startDemo()
      const to = await createModel(sandbox)
      await createRelease(sandbox, to, { semver: '0.1.0', notes: 'something else' })
      await createRelease(sandbox, to, { semver: '1.0.1' })
      await callApi(sandbox, 'DELETE', `/api/v2/model/${to}/release/1.0.1`)
      const before = await describeModel(sandbox, to)

      const refused = await clone('--env-file', envFile, '--to', to)

      expect(refused.exitCode).toBe(1)
      expect(refused.result.problems.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
        'existing-release-differs release 0.1.0',
        'deleted-semver release 1.0.1',
      ])
      expect(refused.result.comparison).toBeUndefined()
      expect(await describeModel(sandbox, to)).toEqual(before)
      expect(await readFiles(sandbox, to)).toEqual([])

      const kept = await clone('--env-file', envFile, '--to', to, '--keep-going')

      expect(kept.exitCode).toBe(1)
      expect(kept.result.comparison?.differences).toEqual([
        { subject: 'release 0.1.0', message: 'has other notes' },
        ...['README.md', 'config.json', 'weights-small.safetensors', 'scaler.pkl'].map((name) => ({
          subject: 'release 0.1.0',
          message: `lacks the file "${name}"`,
        })),
        { subject: 'release 1.0.1', message: 'is not in the destination' },
      ])
      expect(await readReleases(sandbox, to)).toHaveLength(8)
    })

    it('is an image that is gone from the registry', async () => {
      const { sandbox, source, envFile } = await startDemo()
      const repository = `${source}/tools/trainer`
      const authorization = await bearer(sandbox, repository, 'delete')
      const url = `${sandbox.url}/v2/${repository}/manifests/1.1.0`
      expect((await fetch(url, { method: 'DELETE', headers: { authorization } })).status).toBe(202)

      const { result, exitCode } = await clone('--env-file', envFile)

      expect(exitCode).toBe(1)
      expect(result.problems).toEqual([expect.objectContaining({ code: 'unreadable-image', subject: 'release 1.1.0' })])
      expect(await readFile(envFile, 'utf8')).not.toContain('DESTINATION')
    })

    it('is an image whose name and tag the destination uses for another', async () => {
      const { sandbox, envFile } = await startDemo()
      const to = await createModel(sandbox)
      await clone('--env-file', envFile, '--to', to, '--semver', '1.1.0')
      const other = await readManifest(sandbox, `${to}/server`, '1.1.0')
      const authorization = await bearer(sandbox, `${to}/server`, 'pull,push')
      const put = await fetch(`${sandbox.url}/v2/${to}/server/manifests/1.0.0`, {
        method: 'PUT',
        headers: { authorization, 'content-type': other.mediaType },
        body: JSON.stringify({ ...other, layers: other.layers.slice(0, 2) }),
      })
      expect(put.status).toBe(201)

      const { result, exitCode } = await clone('--env-file', envFile, '--to', to)

      expect(exitCode).toBe(1)
      expect(result.problems.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
        'existing-image-differs release 1.0.0',
        'existing-image-differs release 1.0.1',
      ])
      expect((await readManifest(sandbox, `${to}/server`, '1.0.0')).layers).toHaveLength(2)
    })
  })

  it('ends with 4 and the failed step when a step fails, and a second run does the rest', async () => {
    const { sandbox, envFile } = await startDemo()
    const to = await createModel(sandbox)
    // A release that appears in the destination only after the plan was made is a conflict that no plan can see.
    let quicker: Promise<void> | undefined
    const watch = setInterval(() => {
      if (!sandbox.requests.some(({ path }) => path.includes(`/${to}/files/upload`))) return
      clearInterval(watch)
      quicker = createRelease(sandbox, to, { semver: '2.1.0', notes: 'quicker' })
    }, 1)

    const { result, exitCode } = await clone('--env-file', envFile, '--to', to)

    clearInterval(watch)
    await quicker
    expect(exitCode).toBe(4)
    expect(result.run.failed).toEqual([
      expect.objectContaining({ key: 'release 2.1.0', message: expect.stringContaining('already exists') as string }),
    ])
    const made = (await readReleases(sandbox, to)).filter(({ semver }) => semver !== '2.1.0')
    expect(made).toHaveLength(8)
    await callApi(sandbox, 'DELETE', `/api/v2/model/${to}/release/2.1.0`)
    expect((await clone('--env-file', envFile, '--to', to, '--semver', '<2.1.0')).exitCode).toBe(0)
  })

  it('ends with 4 when the instance is lost on the way, and names what it had made', async () => {
    const sandbox = await start({ discard: true })
    const dump = join(directory, 'lost.json')
    const file = (id: string, size: number) => ({ _id: id.repeat(24), name: `${id}.bin`, size })
    const releases = [
      { semver: '1.0.0', notes: 'n', files: [file('a', 10)] },
      { semver: '2.0.0', notes: 'n', files: [file('b', 40_000_000_000)] },
    ]
    await writeFile(dump, JSON.stringify({ releases }))
    const envFile = await writeEnv('lost.env', sandbox)
    const watch = setInterval(() => {
      if (sandbox.requestCounts.get('POST /api/v2/model/:modelId/releases') === undefined) return
      clearInterval(watch)
      void sandbox.close()
    }, 5)

    const { result, exitCode, stderr } = await clone('--env-file', envFile, '--from-file', dump, '--no-images')

    clearInterval(watch)
    expect(exitCode).toBe(4)
    expect(stderr).toContain(`no answer from ${sandbox.url}`)
    expect(result.run.steps.find(({ kind }) => kind === 'release')?.done).toBe(1)
    expect(await readFile(envFile, 'utf8')).toContain(`DESTINATION_MODEL_ID=${result.destination.modelId}`)
  })

  it('stops on Ctrl-C with 130, and a second run ends identical', async () => {
    const source = await start()
    const modelId = await createModel(source, 'Source')
    const sandbox = await start({ discard: true })
    const small = await upload(source, modelId, 'small.bin', 1000)
    await createRelease(source, modelId, { semver: '1.0.0', fileIds: [small] })
    const dump = join(directory, 'big.json')
    const file = { _id: 'b'.repeat(24), name: 'big.bin', size: 40_000_000_000, complete: true }
    const releases = [
      { semver: '1.0.0', notes: 'n', files: [{ _id: small, name: 'small.bin', size: 1000 }] },
      { semver: '2.0.0', notes: 'n', files: [file] },
    ]
    await writeFile(dump, JSON.stringify({ releases }))
    const envFile = await writeEnv('big.env', sandbox)
    const args = [
      'clone-releases',
      '--env-file',
      envFile,
      '--from-file',
      dump,
      '--multipart',
      'never',
      '--no-images',
      '--grace',
      '0',
    ]

    const stopped = await runCli(args, {
      cwd: directory,
      onStart: (child) => {
        const watch = setInterval(() => {
          if (sandbox.requestCounts.get('POST /api/v2/model/:modelId/releases') === undefined) return
          clearInterval(watch)
          child.kill('SIGINT')
        }, 5)
      },
    })

    expect(stopped.exitCode).toBe(130)
    expect(stopped.stderr).toContain('SIGINT')
    expect(stopped.stderr).toMatch(/Try: bailo-exp clone-releases --resume [a-z0-9]{8} /)
    const to = /DESTINATION_MODEL_ID=(.*)/.exec(await readFile(envFile, 'utf8'))?.[1] ?? ''
    expect((await readReleases(sandbox, to)).map(({ semver }) => semver)).toEqual(['1.0.0'])
    expect((await readFiles(sandbox, to)).map(({ name }) => name)).toEqual(['small.bin'])

    await writeFile(
      dump,
      JSON.stringify({ releases: [releases[0], { ...releases[1], files: [{ ...file, size: 5 }] }] }),
    )
    expect((await runCli(args, { cwd: directory })).exitCode).toBe(0)
    expect((await readReleases(sandbox, to)).map(({ semver }) => semver)).toEqual(['1.0.0', '2.0.0'])
  })
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { startCuttingProxy } from '../support/cutting-proxy.js'
import { runCli, signalGroup } from './cli.js'
import { createToken, environmentOf, listModels, readError, runFailing } from './failures.js'
import { makeModel, pushPlainImage, readLayers } from './plain-images.js'
import { readManifest } from './read-instance.js'

interface Result {
  target: { modelId: string; isNew: boolean }
  image: {
    digest: string
    wasThere: boolean
    bytesToSend: number
    images: { layerBytes: number[]; platform?: string }[]
  }
  findings: unknown[]
  run: { planned: string[]; steps: { kind: string; done: number; bytes: number }[] }
}

let directory: string
let sandbox: Sandbox

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-push-'))
  sandbox = await startSandbox()
})

afterEach(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

const run = (...args: string[]) => runCli(['push-image', ...args], { cwd: directory, env: environmentOf(sandbox) })

async function runJson(...args: string[]): Promise<Result> {
  const { stdout, stderr, exitCode } = await run(...args, '--json')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  return JSON.parse(stdout) as Result
}

function changesSince(mark: number): string[] {
  return sandbox.requests
    .slice(mark)
    .filter(({ method }) => !['GET', 'HEAD'].includes(method))
    .map(({ method, path }) => `${method} ${path}`)
}

const total = (layers: readonly { bytes: number }[] | undefined) => layers?.reduce((sum, { bytes }) => sum + bytes, 0)

describe('push-image', () => {
  it('prints the digest alone, of an image whose layers have the exact size together', async () => {
    const modelId = await makeModel(sandbox)
    const { stdout, stderr, exitCode } = await run(
      ...['team/server:1.0.0', '--model', modelId, '--size', '1000003', '--layers', '3'],
    )
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
    expect(stderr).toContain('3 layers')
    const stored = await readLayers(sandbox, `${modelId}/team/server`, '1.0.0')
    expect(stored.digest).toBe(stdout.trim())
    expect(stored.images.map((layers) => layers.map(({ bytes }) => bytes))).toEqual([[333335, 333334, 333334]])
  })

  it('makes a model when none is named, and goes on in it', async () => {
    const first = await runJson('--size', '2kB')
    expect(first.target.isNew).toBe(true)
    expect(await readFile(join(directory, '.local.env'), 'utf8')).toBe(`PUSH_IMAGE_MODEL_ID=${first.target.modelId}\n`)
    const second = await runJson('other', '--size', '2kB')
    expect(second.target).toMatchObject({ modelId: first.target.modelId, isNew: false })
    expect(await listModels(sandbox)).toEqual([first.target.modelId])
    expect(total((await readLayers(sandbox, `${first.target.modelId}/generated`, 'latest')).images[0])).toBe(2000)
  })

  it('makes an index of several platforms, each of the size', async () => {
    const modelId = await makeModel(sandbox)
    const { image } = await runJson(
      ...['a', '--model', modelId, '--size', '9001', '--layers', '2'],
      ...['--platform', 'linux/amd64', '--platform', 'linux/arm64/v8'],
    )
    const { manifests } = await readManifest(sandbox, `${modelId}/a`, 'latest')
    expect(manifests?.map(({ platform }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux', variant: 'v8' },
    ])
    const { digest, images } = await readLayers(sandbox, `${modelId}/a`, 'latest')
    expect(digest).toBe(image.digest)
    expect(images.map(total)).toEqual([9001, 9001])
    expect(new Set(images.flat().map((layer) => layer.digest)).size).toBe(4)
  })

  it('gives the same digest for the same seed, and another for another', async () => {
    const modelId = await makeModel(sandbox)
    const args = ['a', '--model', modelId, '--size', '5kB', '--overwrite']
    const first = await runJson(...args)
    const other = await runJson(...args, '--seed', 'other')
    const again = await runJson(...args)
    expect(other.image.digest).not.toBe(first.image.digest)
    expect(again.image.digest).toBe(first.image.digest)
  })

  it('sends nothing for an image that is there with the same digest, and says so', async () => {
    const modelId = await makeModel(sandbox)
    const args = ['a:1', '--model', modelId, '--size', '50kB', '--layers', '2']
    const first = await run(...args)
    const mark = sandbox.requests.length
    const second = await run(...args)
    expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout })
    expect(second.stderr).toContain('there already with the same digest; nothing was sent')
    expect(changesSince(mark)).toEqual([])
  })

  it('leaves a tag alone that names something else, unless it may be moved', async () => {
    const modelId = await makeModel(sandbox)
    const before = await pushPlainImage(sandbox, `${modelId}/a`, 'latest')
    const args = ['push-image', 'a', '--model', modelId, '--size', '5kB']
    const mark = sandbox.requests.length
    await runFailing(
      args,
      { exitCode: 2, says: ['is there already with other content', '--overwrite'] },
      { env: environmentOf(sandbox) },
    )
    expect(changesSince(mark)).toEqual([])
    expect((await readLayers(sandbox, `${modelId}/a`, 'latest')).digest).toBe(before)
    const { image } = await runJson(...args.slice(1), '--overwrite')
    expect((await readLayers(sandbox, `${modelId}/a`, 'latest')).digest).toBe(image.digest)
  })

  it('tells another image from its own also where the sizes are the same', async () => {
    const modelId = await makeModel(sandbox)
    await run('a', '--model', modelId, '--size', '5kB', '--seed', 'other')
    const { exitCode, stderr } = await run('a', '--model', modelId, '--size', '5kB')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 })
    expect(stderr).toContain('with other content')
  })

  it('shares its base with other images of the model, sending it once', async () => {
    const modelId = await makeModel(sandbox)
    const args = ['--model', modelId, '--size', '60kB', '--shared-base', '50kB']
    const first = await runJson('a', ...args)
    const second = await runJson('b', ...args)
    expect([first.image.bytesToSend, second.image.bytesToSend]).toEqual([60_000, 10_000])
    expect(second.run.steps.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['mount', 0],
      ['layer', 10_000],
      ['image', 0],
    ])
    const [a, b] = [
      await readLayers(sandbox, `${modelId}/a`, 'latest'),
      await readLayers(sandbox, `${modelId}/b`, 'latest'),
    ]
    expect(a.images[0]?.[0]).toEqual({ digest: b.images[0]?.[0]?.digest, bytes: 50_000 })
    expect(a.images[0]?.[1]?.digest).not.toBe(b.images[0]?.[1]?.digest)
  })

  it('changes nothing in a dry run', async () => {
    const { stdout, exitCode } = await run('a', '--size', '3MiB', '--layers', '2', '--dry-run')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('layer new-model/a@a:latest layer 2 of 2')
    expect(stdout).toContain('3 MiB; a dry run changes nothing.')
    expect(changesSince(0)).toEqual([])
    expect(await listModels(sandbox)).toEqual([])
  })

  it('goes on where an upload broke off', async () => {
    const modelId = await makeModel(sandbox)
    const proxy = await startCuttingProxy(sandbox.url)
    proxy.cutRequest(`PATCH /v2/${modelId}/a/blobs/uploads/`, 3_000_000)
    const env = environmentOf({ ...sandbox, url: proxy.origin })
    const { exitCode, stdout } = await runCli(['push-image', 'a', '--model', modelId, '--size', '6MB'], { env })
    expect(exitCode).toBe(0)
    expect(proxy.cuts).toBe(1)
    const stored = await readLayers(sandbox, `${modelId}/a`, 'latest')
    expect(stored.digest).toBe(stdout.trim())
    expect(total(stored.images[0])).toBe(6_000_000)
  })

  it('ends with 130 on Ctrl-C, and without a tag', async () => {
    const modelId = await makeModel(sandbox)
    const result = await runCli(['push-image', 'a', '--model', modelId, '--size', '500GB', '--fill', 'zeros'], {
      env: environmentOf(sandbox),
      onStart: (child) => {
        const timer = setInterval(() => {
          if (!sandbox.requests.some(({ method }) => method === 'PATCH')) return
          clearInterval(timer)
          signalGroup(child, 'SIGINT')
        }, 20)
        child.once('close', () => clearInterval(timer))
      },
    })
    expect(result).toMatchObject({ exitCode: 130, stdout: '' })
    await expect(readLayers(sandbox, `${modelId}/a`, 'latest')).rejects.toThrow('404')
  })
})

describe('what cannot be pushed is refused before anything is sent', () => {
  it.each([
    ['capitals', ['Server:1.0'], 'Try: for example server:1.0\n'],
    ['an empty name', [':1.0'], 'Try: for example server:1.0\n'],
    ['an empty part', ['a//b'], 'not a name that registries take'],
    ['a tag that begins with a dash', ['a:-x'], 'no usable tag'],
    ['a tag of 129 characters', [`a:${'x'.repeat(129)}`], 'no usable tag'],
    ['a digest', [`a@sha256:${'0'.repeat(64)}`], 'digest'],
    ['a size of nothing', ['a', '--size', '0'], 'is no size here'],
    ['more layers than bytes', ['a', '--size', '2', '--layers', '3'], 'too few for 3 layers'],
    ['a base as large as the image', ['a', '--size', '1kB', '--shared-base', '1kB'], 'too few for 1 layers'],
    ['a single layer on a shared base', ['a', '--shared-base', '1kB', '--layers', '1'], 'two layers or more'],
    ['no layers', ['a', '--layers', '0'], '--layers'],
    ['what is no platform', ['a', '--platform', 'amd64'], 'is not a platform'],
    ['a platform twice', ['a', '--platform', 'linux/arm64', '--platform', 'linux/arm64'], 'given twice'],
  ])('%s', async (_case, args, says) => {
    await runFailing(['push-image', ...args], { exitCode: 2, says: [says] }, { env: environmentOf(sandbox) })
    expect(sandbox.requests).toEqual([])
  })

  it('a data card as model', async () => {
    const modelId = await makeModel(sandbox, 'data-card')
    const mark = sandbox.requests.length
    const args = ['push-image', 'a', '--model', modelId, '--json']
    const result = await runFailing(
      args,
      { exitCode: 2, says: ['data cards take no images'] },
      { env: environmentOf(sandbox) },
    )
    expect(readError(result)).toMatchObject({ exitCode: 2 })
    expect(changesSince(mark)).toEqual([])
  })

  it('a model that is not there', async () => {
    const args = ['push-image', 'a', '--model', 'nope-abc123']
    await runFailing(args, { exitCode: 2, says: ['404'] }, { env: environmentOf(sandbox) })
  })

  it('a name that is too long with the id of the model', async () => {
    const modelId = await makeModel(sandbox)
    const mark = sandbox.requests.length
    const args = ['push-image', `${'x'.repeat(250)}`, '--model', modelId]
    await runFailing(args, { exitCode: 2, says: ['registries take 255'] }, { env: environmentOf(sandbox) })
    expect(sandbox.requests.slice(mark)).toEqual([])
  })
})

it('says which action the token lacks', async () => {
  const modelId = await makeModel(sandbox)
  const env = await createToken(sandbox, { without: ['image:write'] })
  const args = ['push-image', 'a', '--model', modelId, '--size', '1kB']
  await runFailing(args, { exitCode: 3, says: ['missing the required action: image:write'] }, { env })
})

it('needs no more than the actions that doctor asks for', async () => {
  const without = ['release:read', 'release:write', 'file:read', 'file:write']
  const env = { ...(await createToken(sandbox, { without })), BAILO_EXP_ENV_FILE: join(directory, 'x.env') }
  await writeFile(env.BAILO_EXP_ENV_FILE, '')
  const { exitCode, stderr } = await runCli(['push-image', 'a', '--size', '1kB'], { env })
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
})

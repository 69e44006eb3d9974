import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { createToken, environmentOf, runFailing } from './failures.js'
import { makeModel, pushPlainImage, readLayers } from './plain-images.js'
import { callApi, readReleases } from './read-instance.js'

interface Result {
  target: { modelId: string; isNew: boolean }
  images: {
    used: number
    toPush: number
    bytesToPush: number
    leftOut: { name: string; reason: string }[]
    tagChoices: { image: string; tag: string; among: string[]; by: string }[]
  }
  releases: { semver?: string; images: string[]; wasThere: boolean }[]
  findings: unknown[]
  run: { planned: string[]; steps: { kind: string; done: number }[] }
}

const COMMAND = 'many-releases-with-existing-images'
const MIB = 1024 * 1024

let directory: string
let sandbox: Sandbox

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-existing-'))
  sandbox = await startSandbox()
})

afterEach(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

const run = (...args: string[]) => runCli([COMMAND, ...args], { cwd: directory, env: environmentOf(sandbox) })

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

/** The releases as the server has them, oldest first, each as its version and its images. */
async function readGroups(modelId: string): Promise<string[][]> {
  const releases = await readReleases(sandbox, modelId)
  return releases.map(({ semver, images }) => [semver, ...images.map(({ name, tag }) => `${name}:${tag}`)])
}

describe(COMMAND, () => {
  it('puts images into releases of 1, 2, 3 by index, leaves out what does not fit, and does it once', async () => {
    const modelId = await makeModel(sandbox)
    for (const name of ['no10-1', 'no2-7', 'no1-1', 'no3-1', 'no4-1', 'no5-1', 'server', 'no6', 'no7-1/sub']) {
      await pushPlainImage(sandbox, `${modelId}/${name}`, 'v1')
    }
    const mark = sandbox.requests.length
    const args = ['--model', modelId]
    const dry = await run(...args, '--dry-run')
    expect(dry.stdout).toContain('release 3 of 3 images: no4-1 to no10-1')
    expect(changesSince(mark)).toEqual([])

    const { stdout, exitCode } = await run(...args)
    expect(exitCode).toBe(0)
    const groups = [
      ['1.0.0', 'no1-1:v1'],
      ['1.1.0', 'no2-7:v1', 'no3-1:v1'],
      ['1.2.0', 'no4-1:v1', 'no5-1:v1', 'no10-1:v1'],
    ]
    expect(await readGroups(modelId)).toEqual(groups)
    for (const name of ['server', 'no6', 'no7-1/sub']) expect(stdout).toContain(`  ${name}: its name is not no<index>`)
    expect(stdout).toContain('Read again: 3 releases with 6 images, as planned.')
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)

    const again = await runJson(...args)
    expect(again.releases.map(({ wasThere }) => wasThere)).toEqual([true, true, true])
    expect(again.images.leftOut.map(({ name }) => name).toSorted()).toEqual(['no6', 'no7-1/sub', 'server'])
    expect(await readGroups(modelId)).toEqual(groups)
  })

  it('lets the last group be short, stops growing where it is told, and goes on from the versions that are there', async () => {
    const modelId = await makeModel(sandbox)
    for (let index = 1; index <= 6; index++) await pushPlainImage(sandbox, `${modelId}/no${index}-1`, 'v1')
    const release = { semver: '3.1.4', notes: 'n', fileIds: [], images: [] }
    await callApi(sandbox, 'POST', `/api/v2/model/${modelId}/releases`, release)
    await runJson('--model', modelId, '--max-images-per-release', '2', '--bump', 'patch')
    expect(await readGroups(modelId)).toEqual([
      ['3.1.4'],
      ['3.1.5', 'no1-1:v1'],
      ['3.1.6', 'no2-1:v1', 'no3-1:v1'],
      ['3.1.7', 'no4-1:v1', 'no5-1:v1'],
      ['3.1.8', 'no6-1:v1'],
    ])
  })

  it('chooses tags by date, then by name, and says how', async () => {
    const modelId = await makeModel(sandbox)
    const push = (name: string, tag: string, created?: string) =>
      pushPlainImage(sandbox, `${modelId}/${name}`, tag, created === undefined ? {} : { created })
    await push('no1-1', 'a', '2026-03-01T00:00:00Z')
    await push('no1-1', 'b', '2026-01-01T00:00:00Z')
    await push('no2-1', '1.9.0')
    await push('no2-1', '1.10.0')
    await push('no2-1', 'dev')
    await push('no3-1', 'only')
    await push('no4-1', '2.0.0')
    await push('no4-1', 'latest')

    const { images } = await runJson('--model', modelId)
    expect(images.tagChoices.map(({ image, tag, by }) => [image, tag, by])).toEqual([
      ['no1-1', 'a', 'date'],
      ['no2-1', '1.10.0', 'name'],
      ['no4-1', 'latest', 'name'],
    ])
    const first = await runJson('--model', modelId, '--tag', 'first', '--dry-run')
    expect(first.images.tagChoices.map(({ image, tag }) => [image, tag])).toEqual([
      ['no1-1', 'a'],
      ['no2-1', '1.10.0'],
      ['no4-1', '2.0.0'],
    ])
    expect(await readGroups(modelId)).toEqual([
      ['1.0.0', 'no1-1:a'],
      ['1.1.0', 'no2-1:1.10.0', 'no3-1:only'],
      ['1.2.0', 'no4-1:latest'],
    ])
  })

  it('makes missing images of exact sizes first, with a base that is sent once', async () => {
    const sizes = ['--image-size', '1MiB', '--image-size', '2MiB', '--shared-base', '1MB']
    const dry = await runJson('--push', '3', ...sizes, '--dry-run')
    expect(dry.images).toMatchObject({ used: 3, toPush: 3, bytesToPush: 4 * MIB - 2_000_000 })
    expect(changesSince(0)).toEqual([])

    const first = await runJson('--push', '3', ...sizes)
    const { modelId } = first.target
    expect(await readFile(join(directory, '.local.env'), 'utf8')).toContain(modelId)
    const second = await runJson('--push', '4', ...sizes)
    expect(second.images).toMatchObject({ used: 4, toPush: 1, bytesToPush: 2 * MIB - 1_000_000 })
    const layers: (readonly { digest: string; bytes: number }[])[] = []
    for (const [index, mib] of [1, 2, 1, 2].entries()) {
      const { images } = await readLayers(sandbox, `${modelId}/no${index + 1}-${mib}`, 'latest')
      expect(images[0]?.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(mib * MIB)
      layers.push(images[0] ?? [])
    }
    expect(new Set(layers.map(([base]) => base?.digest)).size).toBe(1)
    expect(new Set(layers.map(([, own]) => own?.digest)).size).toBe(4)
    expect(sandbox.requests.filter(({ method }) => method === 'PATCH').length).toBe(
      // The base, four layers, and four configs.
      9,
    )
    expect((await readGroups(modelId)).map(([semver, ...images]) => [semver, images.length])).toEqual([
      ['1.0.0', 1],
      ['1.1.0', 2],
      ['1.2.0', 1],
    ])
  })
})

describe('bad input', () => {
  it.each([
    ['no model to look at', [], 'There is no model whose images'],
    ['a size that no name can say', ['--push', '1', '--image-size', '1MB'], 'whole MiB'],
    ['a base that fills the image', ['--push', '1', '--image-size', '1MiB', '--shared-base', '1MiB'], 'leaves no room'],
    ['groups of nothing', ['--max-images-per-release', '0'], 'max-images-per-release'],
    ['fewer than no images', ['--push', '-1'], '--push'],
    ['a rule for tags that there is not', ['--tag', 'oldest'], '--tag'],
  ])('%s', async (_case, args, says) => {
    await runFailing([COMMAND, ...args], { exitCode: 2, says: [says] }, { env: environmentOf(sandbox) })
    expect(sandbox.requests).toEqual([])
  })

  it('a model without an image that fits, and one that takes none', async () => {
    const modelId = await makeModel(sandbox)
    await pushPlainImage(sandbox, `${modelId}/server`, 'v1')
    const dataCard = await makeModel(sandbox, 'data-card')
    const mark = sandbox.requests.length
    const options = { env: environmentOf(sandbox) }
    const says = [/left out: server \(its name is not no<index>-<MiB>\)/, '--push 6']
    await runFailing([COMMAND, '--model', modelId], { exitCode: 2, says }, options)
    await runFailing([COMMAND, '--model', dataCard], { exitCode: 2, says: ['data cards take no images'] }, options)
    expect(changesSince(mark)).toEqual([])
  })
})

it('needs no more than the actions that doctor asks for, and says what is missing', async () => {
  const env = await createToken(sandbox, { without: ['file:read', 'file:write'] })
  const modelId = await makeModel(sandbox)
  const args = [COMMAND, '--push', '1', '--image-size', '1MiB', '--model', modelId]
  const { exitCode, stderr } = await runCli(args, { env })
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  const poor = await createToken(sandbox, { without: ['release:write'] })
  const more = [COMMAND, '--push', '2', '--image-size', '1MiB', '--model', modelId]
  await runFailing(more, { exitCode: 3, says: ['missing the required action: release:write'] }, { env: poor })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli, type CliResult } from '../commands/cli.js'
import { environmentOf } from '../commands/failures.js'
import { callApi, describeModel, readFiles, readReleases } from '../commands/read-instance.js'
import { fillSourceModel, SOURCE } from '../support/source-model.js'

const SHARDS = [1, 2, 3, 4]

interface Result {
  readonly target?: { readonly modelId: string; readonly isNew: boolean }
  readonly destination?: { readonly modelId: string }
  readonly run: { readonly id: string; readonly shard?: { index: number; count: number } }
  readonly error?: { readonly message: string }
  readonly models?: readonly { readonly id: string }[]
}

let sandbox: Sandbox
let directory: string

beforeAll(async () => {
  sandbox = await startSandbox()
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-shards-'))
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

/** A place for one process, as on a machine of its own. */
async function preparePlace(): Promise<string> {
  return mkdtemp(path.join(directory, 'machine-'))
}

function start(args: readonly string[], cwd: string, onStart?: Parameters<typeof runCli>[1]): Promise<CliResult> {
  const env = { ...environmentOf(sandbox), BAILO_EXP_STATE_DIR: path.join(cwd, 'state') }
  return runCli([...args, '--json', '--quiet'], { cwd, env, ...onStart })
}

async function runShards(args: readonly string[], key: string): Promise<Result[]> {
  const results = await Promise.all(
    SHARDS.map(async (index) =>
      start([...args, '--shard', `${index}/${SHARDS.length}`, '--run-key', key], await preparePlace()),
    ),
  )
  for (const { exitCode, stderr } of results) expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  return results.map(({ stdout }) => JSON.parse(stdout) as Result)
}

async function runAlone(args: readonly string[]): Promise<Result> {
  const { stdout, stderr, exitCode } = await start(args, await preparePlace())
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  return JSON.parse(stdout) as Result
}

/** The one model that all results name. */
function theModelOf(results: readonly Result[]): string {
  const ids = new Set(results.map(({ target, destination }) => target?.modelId ?? destination?.modelId))
  expect(ids.size).toBe(1)
  return [...ids][0] ?? ''
}

function countEffects(): number {
  return sandbox.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method)).length
}

describe('four processes', () => {
  it('of which one is killed and started again make the copy that one process makes', async () => {
    const source = await fillSourceModel(sandbox)
    const args = ['clone-releases', '--from', source]
    const alone = (await runAlone(args)).destination?.modelId ?? ''
    const before = countEffects()
    const places = await Promise.all(SHARDS.map(() => preparePlace()))
    const shardArgs = (index: number) => [...args, '--shard', `${index}/4`, '--run-key', 'build 17']
    const victim = start(shardArgs(1), places[0] ?? '', {
      onStart: (child) => {
        const watch = setInterval(() => {
          if (child.exitCode !== null || child.signalCode !== null) clearInterval(watch)
          else if (countEffects() - before >= 25) child.kill('SIGKILL')
        }, 1)
      },
    })
    const others = SHARDS.slice(1).map((index) => start(shardArgs(index), places[index - 1] ?? ''))

    expect((await victim).signal).toBe('SIGKILL')
    const again = await start(shardArgs(1), places[0] ?? '')

    const results = [again, ...(await Promise.all(others))]
    for (const { exitCode, stderr } of results) expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    const modelId = theModelOf(results.map(({ stdout }) => JSON.parse(stdout) as Result))
    expect(await describeModel(sandbox, modelId)).toEqual(await describeModel(sandbox, alone))
    expect(await readReleases(sandbox, modelId)).toHaveLength(SOURCE.releases)
    expect(await readFiles(sandbox, modelId)).toHaveLength(SOURCE.files)
  })

  it('make each model of many once, and one that lost its record makes none twice', async () => {
    const args = ['many-models-with-tags', '--count', '40']
    const results = await runShards(args, 'models')
    const made = results.flatMap(({ models = [] }) => models.map(({ id }) => id))
    expect(made).toHaveLength(40)
    expect(new Set(made).size).toBe(40)
    expect(results.map(({ run }) => run.shard)).toEqual(SHARDS.map((index) => ({ index, count: 4 })))

    const again = await start([...args, '--shard', '2/4', '--run-key', 'models'], await preparePlace())

    expect(again.exitCode).toBe(0)
    expect((JSON.parse(again.stdout) as Result).models).toEqual(results[1]?.models)
    const { models } = await callApi<{ models: unknown[] }>(sandbox, 'GET', '/api/v2/models/search?search=Many-Models')
    expect(models).toHaveLength(40)
  })

  it('make the releases and files that one process makes', async () => {
    const args = ['many-releases-with-files', '--count', '12', '--max-size-exponent', '4']
    const alone = theModelOf([await runAlone(args)])
    const modelId = theModelOf(await runShards(args, 'releases'))
    expect(await describeModel(sandbox, modelId)).toEqual(await describeModel(sandbox, alone))
    expect(await readFiles(sandbox, modelId)).toHaveLength(12)
  })

  it('push the images and make the releases that one process makes', async () => {
    const args = ['many-releases-with-existing-images', '--push', '4', '--image-size', '1MiB']
    const alone = theModelOf([await runAlone(args)])
    const modelId = theModelOf(await runShards(args, 'images'))
    expect(await describeModel(sandbox, modelId)).toEqual(await describeModel(sandbox, alone))
  })

  it('upload each file of many once', async () => {
    const modelId = theModelOf(
      await runShards(['concurrent-file-uploads', '--count', '20', '--size', '1kB'], 'uploads'),
    )
    const names = (await readFiles(sandbox, modelId)).map(({ name }) => name)
    expect(names).toHaveLength(20)
    expect(new Set(names).size).toBe(20)
  })

  it('save each revision of a card once', async () => {
    const modelId = theModelOf(await runShards(['model-card-revisions', '--count', '8', '--interval', '0s'], 'cards'))
    const path = `/api/v2/model/${modelId}/model-card-revisions`
    const { modelCardRevisions } = await callApi<{ modelCardRevisions: { metadata: unknown }[] }>(sandbox, 'GET', path)
    // The first version is that of a card that is new.
    expect(modelCardRevisions).toHaveLength(9)
    expect(new Set(modelCardRevisions.map(({ metadata }) => JSON.stringify(metadata))).size).toBe(9)
  })
})

describe('a shard', () => {
  it('alone stops when nothing of what it needs appears, and says which one makes it', async () => {
    const args = ['many-releases-with-files', '--count', '8', '--wait-for-shards', '0s', '--shard', '3/4']
    const { exitCode, stdout, stderr } = await start([...args, '--run-key', 'lonely'], await preparePlace())
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/made by shard \d\/4/)
    expect(JSON.parse(stdout)).toHaveProperty(['error', 'message'])
  })

  it.each([
    [['--shard', '1/4'], '--run-key'],
    [['--shard', '5/4', '--run-key', 'x'], '"5/4" is no shard'],
    [['--shard', 'job/4', '--run-key', 'x'], 'JOB_COMPLETION_INDEX'],
  ])('is refused with %j', async (args, says) => {
    const { exitCode, stderr } = await start(['many-models-with-tags', ...args], await preparePlace())
    expect(exitCode).toBe(2)
    expect(stderr).toContain(says)
  })
})

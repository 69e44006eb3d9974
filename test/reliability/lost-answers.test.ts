import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from '../commands/cli.js'
import { listModels } from '../commands/failures.js'
import { describeModel, readFiles } from '../commands/read-instance.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'
import { fillSourceModel, SOURCE } from '../support/source-model.js'

interface Result {
  readonly destination: { readonly modelId: string }
  readonly run: { readonly retries: number; readonly failed: readonly { readonly message: string }[]; resume?: string }
}

let sandbox: Sandbox
let source: string
let directory: string

beforeAll(async () => {
  sandbox = await startSandbox()
  source = await fillSourceModel(sandbox)
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-lost-'))
  const { url, accessKey, secretKey } = sandbox
  await writeFile(join(directory, '.local.env'), `URL=${url}\nACCESS_KEY=${accessKey}\nSECRET_KEY=${secretKey}\n`)
})

async function clone(...args: string[]) {
  const words = ['clone-releases', '--json', '--state-dir', join(directory, 'state'), ...args]
  const { stdout, stderr, exitCode } = await runCli(words, { cwd: directory })
  return { result: JSON.parse(stdout) as Result, stderr, exitCode }
}

async function expectWhole(modelId: string): Promise<void> {
  const [copy, original] = [await describeModel(sandbox, modelId), await describeModel(sandbox, source)]
  expect(copy.images).toEqual(original.images)
  expect(copy.releases).toEqual(original.releases)
  const files = await readFiles(sandbox, modelId)
  expect(files.filter(({ size }) => size > 0)).toHaveLength(SOURCE.files)
  expect(files).toHaveLength(SOURCE.files)
}

/** What can go wrong with the answer to something that has happened. */
const LOSSES = ['lost', 'lost status=502', 'lost status=500', 'truncate']

describe('an answer that is lost', () => {
  it.each([
    ['of a model', 'model-create'],
    ['of a card', 'POST /api/v2/model/*/setup/from-schema'],
    ['of a file', 'POST /api/v2/model/*/files/upload/simple'],
    ['of a release', 'release-create'],
    ['of a begun layer', 'POST /v2/**/blobs/uploads/'],
    ['of the bytes of a layer', 'PATCH /v2/**/blobs/uploads/*'],
    ['of a layer', 'PUT /v2/**/blobs/uploads/*'],
    ['of an image', 'PUT /v2/**/manifests/*'],
  ])('%s makes nothing twice', async (_case, route) => {
    const before = await listModels(sandbox)
    // Only the model itself and its card are made once; of the others every third answer goes wrong, each time otherwise.
    const isOnce = /model-create|from-schema/.test(route)
    const isJson = route.startsWith('POST /api') || !route.includes('/')
    const losses = isJson ? LOSSES : ['lost', 'lost status=502']
    await setFaults(
      sandbox,
      isOnce ? [`${route} x1 lost`] : losses.map((loss, index) => `${route} after=${index} every=5 ${loss}`),
    )
    const { result, stderr, exitCode } = await clone('--from', source)
    const hits = (await readFaults(sandbox)).reduce((sum, rule) => sum + rule.hits, 0)
    await clearFaults(sandbox)

    expect(hits).toBeGreaterThan(0)
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
    await expectWhole(result.destination.modelId)
    expect((await listModels(sandbox)).length).toBe(before.length + 1)
  })

  it.each(['start', 'part', 'finish'])('of an upload in parts (%s) makes nothing twice', async (stage) => {
    const route = `POST /api/v2/model/*/files/upload/multipart/${stage}`
    await setFaults(sandbox, [`${route} every=5 lost`, `${route} after=2 every=5 lost status=504`])
    const { result, stderr, exitCode } = await clone('--from', source, '--multipart', 'always', '--no-images')
    const [rule] = await readFaults(sandbox)
    await clearFaults(sandbox)

    expect(rule?.hits).toBeGreaterThan(2)
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
    const files = await readFiles(sandbox, result.destination.modelId)
    expect(files.filter(({ size }) => size > 0)).toHaveLength(SOURCE.files)
    expect(files).toHaveLength(SOURCE.files)
  })

  it('is told of as what it is when the run may not try again, and the next process finds what has happened', async () => {
    await setFaults(sandbox, ['GET /api/v2/model/*/releases after=1 x1 status=503', 'release-create after=3 x1 lost'])
    const broken = await clone('--from', source, '--no-images', '--no-files', '--max-retries', '0')
    await clearFaults(sandbox)
    expect(broken.exitCode).toBe(4)
    expect(broken.result.run.failed[0]?.message).toContain('It may have happened all the same.')
    expect(broken.stderr).toContain(`Try: ${broken.result.run.resume}`)

    const { result, exitCode } = await clone('--resume', 'last')

    expect(exitCode).toBe(0)
    const { releases } = await describeModel(sandbox, result.destination.modelId)
    expect(releases).toHaveLength(SOURCE.releases)
  })
})

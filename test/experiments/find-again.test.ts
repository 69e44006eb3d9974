import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Credentials } from '../../src/lib/config/credentials.js'
import type { Settings } from '../../src/lib/config/settings.js'
import type { ExperimentContext } from '../../src/lib/experiments/context.js'
import { longNames } from '../../src/lib/experiments/long-names/index.js'
import { manyModelsWithTags } from '../../src/lib/experiments/many-models-with-tags/index.js'
import { modelCardRevisions } from '../../src/lib/experiments/model-card-revisions/index.js'
import { Run, type Step, type StepContext } from '../../src/lib/run/run.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { createModel } from '../commands/failures.js'
import { callApi } from '../commands/read-instance.js'

interface Sighting {
  readonly key: string
  readonly before: unknown
  readonly after: unknown
  readonly result: unknown
}

/** A run that looks on the server before and after each step, as one does whose answers were lost. */
class LookingRun extends Run {
  readonly sightings: Sighting[] = []

  override async step<T>(step: Step<T>, action: (context: StepContext) => Promise<T>): Promise<T> {
    const looking = { notes: [], round: {}, signal: this.signal }
    const before = await step.find?.(looking)
    const result = await super.step(step, action)
    if (step.find) {
      this.sightings.push({ key: `${step.kind} ${step.name}`, before, after: await step.find(looking), result })
    }
    return result
  }
}

let sandbox: Sandbox
let directory: string

beforeEach(async () => {
  sandbox = await startSandbox()
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-find-'))
})

afterEach(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

function prepare(): { context: ExperimentContext; settings: Settings; run: LookingRun } {
  const run = new LookingRun({ concurrency: 2, isDryRun: false })
  const settings: Settings = {
    origin: sandbox.url,
    credentials: new Credentials(sandbox.url, sandbox.accessKey, sandbox.secretKey),
    trustedCertificates: undefined,
    envFile: join(directory, 'x.env'),
    lookUp: () => undefined,
    writeBack: () => Promise.resolve(),
    takeBack: () => Promise.resolve(false),
  }
  const context = { run, version: '0', warn: () => undefined }
  return { context, settings, run }
}

/** Each step finds exactly what it has made, and nothing before. */
function expectFound({ sightings }: LookingRun, keys: readonly string[]): void {
  expect(sightings.map(({ key }) => key).toSorted()).toEqual(keys.toSorted())
  for (const { key, before, after, result } of sightings) {
    expect({ key, before, after }).toEqual({ key, before: undefined, after: result })
    expect(result).toBeDefined()
  }
}

it('finds models with tags, and their cards', async () => {
  const overview = { type: 'object', properties: { tags: { type: 'array' } } }
  await callApi(sandbox, 'POST', '/api/v2/schemas', {
    id: 's',
    name: 's',
    description: 'd',
    kind: 'model',
    jsonSchema: { type: 'object', properties: { overview } },
    reviewRoles: [],
  })
  const { context, settings, run } = prepare()
  const options = { settings, count: 3, prefix: 'x'.repeat(3000), tags: ['a', 'b'], seed: 's', keepGoing: false }
  await manyModelsWithTags(context, { ...options, tagsIn: 'auto', schemaId: 's' })
  expectFound(
    run,
    [1, 2, 3].flatMap((number) => ['model', 'card', 'card-tags'].map((kind) => `${kind} ${options.prefix}-${number}`)),
  )
})

it('finds versions of a card', async () => {
  const modelId = await createModel(sandbox)
  const { context, settings, run } = prepare()
  await modelCardRevisions(context, { settings, modelId, count: 4, intervalMs: 0, seed: 's', keepGoing: false })
  expectFound(run, ['revision 1', 'revision 2', 'revision 3', 'revision 4'])
})

it('finds everything with a long name', async () => {
  const { context, settings, run } = prepare()
  const sizes = { length: 3000, fileNameBytes: 255, script: 'cjk' as const, seed: 's' }
  const result = await longNames(context, { settings, ...sizes, keepGoing: false })
  expect(result.findings).toEqual([])
  expectFound(run, [
    'model with long names',
    'card of the model',
    'texts of the model',
    'file with a long name',
    'release with long notes',
    'data-card with long names',
    'card of the data card',
    'texts of the data card',
  ])
})

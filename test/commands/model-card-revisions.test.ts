import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { startMeddlingProxy } from '../support/meddling-proxy.js'
import { runCli, signalGroup } from './cli.js'
import { setFaults } from '../support/faults.js'
import { createModel, environmentOf, listModels, runFailing } from './failures.js'
import { callApi } from './read-instance.js'

interface Revision {
  version: number
  metadata?: Record<string, unknown>
  createdAt: string
}

interface Result {
  target: { modelId: string; isNew: boolean }
  schemaId: string
  fields: Record<string, number>
  leftOut: string[]
  revisions: { revision: number; version: number }[]
  racesLost: number
  check?: { latestVersion: number; identical: number }
  findings: { subject: string; message: string }[]
  run: { planned: string[]; retries: number; failed: unknown[] }
}

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})

afterEach(() => sandbox.close())

async function run(args: readonly string[], url = sandbox.url) {
  const env = { ...environmentOf(sandbox), URL: url }
  const { stdout, stderr, exitCode } = await runCli(['model-card-revisions', '--json', ...args], { env })
  return { result: JSON.parse(stdout) as Result, stderr, exitCode }
}

async function readRevisions(modelId: string): Promise<Revision[]> {
  const path = `/api/v2/model/${modelId}/model-card-revisions`
  const { modelCardRevisions } = await callApi<{ modelCardRevisions: Revision[] }>(sandbox, 'GET', path)
  return modelCardRevisions
}

const puts = () => sandbox.requests.filter(({ method }) => method === 'PUT')
const quick = ['--interval', '0s']

async function addModel(jsonSchema: object, schemaId = 'odd'): Promise<string> {
  const schema = { id: schemaId, name: schemaId, description: 'd', kind: 'model', jsonSchema, reviewRoles: [] }
  await callApi(sandbox, 'POST', '/api/v2/schemas', schema)
  const { model } = await callApi<{ model: { id: string } }>(sandbox, 'POST', '/api/v2/models', {
    name: 'Odd',
    kind: 'model',
    description: 'd',
  })
  await callApi(sandbox, 'POST', `/api/v2/model/${model.id}/setup/from-schema`, { schemaId })
  return model.id
}

describe('model-card-revisions', () => {
  it('sets every part of the card to valid values, again and again, with one request each', async () => {
    const modelId = await createModel(sandbox)
    const mark = sandbox.requests.length
    const { result, exitCode } = await run(['--model', modelId, '--count', '12', ...quick])

    expect(exitCode).toBe(0)
    const requests = sandbox.requests.slice(mark)
    expect(requests.filter(({ method }) => method !== 'GET').map(({ method }) => method)).toEqual(Array(12).fill('PUT'))
    // The model, its card, the schema; at the end all versions at once.
    expect(requests.filter(({ method }) => method === 'GET')).toHaveLength(4)
    const revisions = await readRevisions(modelId)
    expect(revisions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    const { schema } = await callApi<{ schema: { jsonSchema: object } }>(
      sandbox,
      'GET',
      '/api/v2/schema/minimal-general-v10',
    )
    const ajv = new Ajv({ strict: false })
    addFormats.default(ajv)
    for (const { metadata = {} } of revisions.slice(1)) {
      expect(ajv.validate(schema.jsonSchema, metadata)).toBe(true)
      expect(metadata).toMatchObject({
        overview: {
          modelSummary: expect.stringMatching(/^[a-z]+( [a-z]+)+$/) as string,
          datasets: expect.arrayContaining([expect.any(String) as string]) as string[],
          metrics: expect.arrayContaining([
            { name: expect.any(String) as string, value: expect.any(Number) as number },
          ]) as object[],
        },
        anotherPage: {
          sectionOne: {
            q1: expect.any(String) as string,
            q2: expect.any(String) as string,
            q3: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
          },
          sectionTwo: { questionThree: expect.any(Number) as number, questionFour: expect.any(Boolean) as boolean },
        },
      })
    }
    expect(new Set(revisions.map(({ metadata }) => JSON.stringify(metadata))).size).toBe(13)
    expect(result).toMatchObject({
      check: { latestVersion: 13, identical: 12 },
      racesLost: 0,
      findings: [],
      leftOut: [],
      fields: { text: 5, date: 1, number: 2, boolean: 1, list: 2, object: 5 },
    })
  })

  it('makes a model with a card when none is named, and writes it to the dotenv file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bailo-exp-cards-'))
    try {
      const envFile = join(directory, 'x.env')
      await writeFile(envFile, `# kept\nURL=${sandbox.url}\n`)
      const args = ['model-card-revisions', '--count', '2', ...quick, '--env-file', envFile]
      const { ACCESS_KEY, SECRET_KEY } = environmentOf(sandbox) as Record<string, string>
      const env = { ACCESS_KEY: ACCESS_KEY ?? '', SECRET_KEY: SECRET_KEY ?? '' }
      expect((await runCli(args, { env })).stdout).toContain('The model was created.')
      const [modelId = ''] = await listModels(sandbox)
      expect(await readFile(envFile, 'utf8')).toBe(
        `# kept\nURL=${sandbox.url}\nMODEL_CARD_REVISION_MODEL_ID=${modelId}\n`,
      )
      expect(await readRevisions(modelId)).toHaveLength(3)

      const second = await runCli(args, { env })
      expect(second.stdout).toMatch(
        /Identical to what was sent by comparison: 2 revisions; the latest version is\s+5\./,
      )
      expect(await listModels(sandbox)).toEqual([modelId])
      for (const line of second.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('makes the same cards for the same seed, and others for another', async () => {
    const cardsOf = async (...args: string[]) => {
      const modelId = await createModel(sandbox)
      await run(['--model', modelId, '--count', '3', ...quick, ...args])
      return (await readRevisions(modelId)).slice(1).map(({ metadata }) => metadata)
    }
    const [first, again, other] = [await cardsOf(), await cardsOf(), await cardsOf('--seed', 'other')]
    expect(again).toEqual(first)
    for (const card of other) expect(first).not.toContainEqual(card)
  })

  it('starts one after the other at the interval', async () => {
    const modelId = await createModel(sandbox)
    const { exitCode } = await run(['--model', modelId, '--count', '4', '--interval', '700ms'])
    expect(exitCode).toBe(0)
    const times = (await readRevisions(modelId)).slice(1).map(({ createdAt }) => Date.parse(createdAt))
    // The first request is later than its start by what connecting takes.
    expect((times[3] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3 * 700 - 500)
  })

  it('provokes the race for the next version, counts who loses, and makes all in the end', async () => {
    const modelId = await createModel(sandbox)
    const { result, exitCode } = await run(['--model', modelId, '--count', '24', '--concurrency', '6', ...quick])

    expect(exitCode).toBe(0)
    const lost = puts().filter(({ status }) => status === 500).length
    expect(lost).toBeGreaterThan(0)
    expect(result.racesLost).toBe(lost)
    expect(result.run.retries).toBe(lost)
    expect(puts()).toHaveLength(24 + lost)
    expect(result.check).toEqual({ latestVersion: 25, identical: 24 })
    expect(await readRevisions(modelId)).toHaveLength(25)
    expect(result.revisions.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 24 }, (_, index) => index + 2),
    )
  })

  it('works on data cards', async () => {
    const { model } = await callApi<{ model: { id: string } }>(sandbox, 'POST', '/api/v2/models', {
      name: 'D',
      kind: 'data-card',
      description: 'd',
    })
    const { result, exitCode } = await run(['--model', model.id, '--count', '2', ...quick])
    expect(exitCode).toBe(0)
    expect(result).toMatchObject({ schemaId: 'minimal-data-card-v10', target: { isNew: false } })
    expect((await readRevisions(model.id)).at(-1)?.metadata).toEqual({
      overview: { storageLocation: expect.any(String) as string },
    })
  })

  it('changes nothing in a dry run, and does not wait in it', async () => {
    const started = performance.now()
    const { result, exitCode } = await run(['--count', '3', '--interval', '1h', '--dry-run'])
    expect(exitCode).toBe(0)
    expect(performance.now() - started).toBeLessThan(30_000)
    expect(result.run.planned).toEqual([
      'model Model card revisions',
      'card new-model',
      'revision 1',
      'revision 2',
      'revision 3',
    ])
    expect(sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it('ends a long interval at once on Ctrl-C', async () => {
    const modelId = await createModel(sandbox)
    let interruptedMs = 0
    const { stdout, exitCode } = await runCli(
      ['model-card-revisions', '--json', '--model', modelId, '--interval', '1h'],
      {
        env: environmentOf(sandbox),
        onStart: (child) => {
          const timer = setInterval(() => {
            if (!puts().some(({ status }) => status === 200)) return
            clearInterval(timer)
            interruptedMs = performance.now()
            // The answer has to arrive first.
            setTimeout(() => signalGroup(child, 'SIGINT'), 300)
          }, 20)
          child.once('exit', () => clearInterval(timer))
        },
      },
    )
    expect(exitCode).toBe(130)
    expect(performance.now() - interruptedMs).toBeLessThan(15_000)
    expect((JSON.parse(stdout) as Result).revisions).toEqual([{ revision: 1, version: 2 }])
    expect(puts()).toHaveLength(1)
  })
})

describe('odd schemas', () => {
  it('without a text are filled in, and the summary says so', async () => {
    const modelId = await addModel({
      type: 'object',
      properties: { n: { type: 'integer', minimum: 1, maximum: 9 }, ok: { type: 'boolean' } },
    })
    const { stdout, exitCode } = await runCli(['model-card-revisions', '--model', modelId, '--count', '3', ...quick], {
      env: environmentOf(sandbox),
    })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/: 1 number, 1 yes or no\. It has no\s+texts/)
    for (const { metadata } of (await readRevisions(modelId)).slice(1)) {
      expect(metadata).toEqual({ n: expect.any(Number) as number, ok: expect.any(Boolean) as boolean })
    }
  })

  it('with a part that cannot be made leave it out, and say so', async () => {
    const modelId = await addModel({
      type: 'object',
      properties: { a: { type: 'string' }, code: { type: 'string', pattern: '^(a|b)\\1$' } },
    })
    const { result, exitCode } = await run(['--model', modelId, '--count', '2', ...quick])
    expect(exitCode).toBe(0)
    expect(result.leftOut).toEqual(['code: has a pattern with a back reference'])
  })

  it.each([
    [
      { type: 'object', properties: { code: { type: 'string', pattern: '^(a|b)\\1$' } }, required: ['code'] },
      'needs code, which has a pattern with a back reference',
    ],
    [{ type: 'object', properties: {} }, 'has nothing to fill in'],
    [{ type: 'object', properties: { a: { type: 'string', minLength: 110_000 } } }, 'Bailo takes 102400'],
    [{ type: 'object', properties: { a: { $ref: '#/definitions/none' } } }, "can't resolve reference"],
  ])('that cannot be filled in are refused before anything is made: %j', async (jsonSchema, says) => {
    const modelId = await addModel(jsonSchema)
    await runFailing(
      ['model-card-revisions', '--model', modelId],
      { exitCode: 2, says: ['schema odd', says] },
      { env: environmentOf(sandbox) },
    )
    expect(puts()).toEqual([])
  })

  it('that are there no more are named', async () => {
    const modelId = await addModel({ type: 'object', properties: { a: { type: 'string' } } })
    await fetch(`${sandbox.url}/api/v2/schema/odd`, { method: 'DELETE' })
    await runFailing(
      ['model-card-revisions', '--model', modelId],
      { exitCode: 2, says: [/The schema odd cannot be loaded from/, 'use a model with another schema'] },
      { env: environmentOf(sandbox) },
    )
  })
})

describe('what goes wrong', () => {
  it('is found out when a version is stored otherwise, and when there is one too many', async () => {
    const modelId = await createModel(sandbox)
    const proxy = await startMeddlingProxy(sandbox.url, ({ url }, { status, body }) => {
      if (!url.includes('revisions')) return undefined
      const [first, second, third, ...rest] = (body as { modelCardRevisions: Revision[] }).modelCardRevisions
      const changed = { ...second, metadata: { overview: { modelSummary: 'something else' } } }
      const more = { ...third, version: 77 }
      return { status, body: { modelCardRevisions: [first, changed, ...rest, more] } }
    })
    const { result, exitCode, stderr } = await run(['--model', modelId, '--count', '3', ...quick], proxy.origin)
    expect(exitCode).toBe(1)
    expect(result.findings.map(({ subject, message }) => `${subject} ${message}`)).toEqual([
      'version 2 of the card does not say what was sent as revision 1',
      'version 3 of the card is not there, although it was saved',
      'version 77 of the card is there, although no answer to this run said so',
    ])
    expect(stderr).toContain('version 2 of the card')
  })

  it('is a failure, and no race, when the server answers 500 to a revision that is alone', async () => {
    const modelId = await createModel(sandbox)
    await setFaults(sandbox, ['card-put status=500'])
    const { result, exitCode, stderr } = await run(['--model', modelId, '--count', '5', ...quick])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('answered 500')
    expect(puts()).toHaveLength(1)
    expect(result).toMatchObject({ racesLost: 0, revisions: [] })
  })

  it('is said of a model whose card comes from elsewhere', async () => {
    const { model } = await callApi<{ model: { id: string } }>(sandbox, 'POST', '/api/v2/models', {
      name: 'Mirror',
      kind: 'mirrored-model',
      description: 'd',
      settings: { mirror: { sourceModelId: 'source-ab12cd' } },
    })
    await runFailing(
      ['model-card-revisions', '--model', model.id],
      { exitCode: 2, says: [`${model.id} is a mirrored-model`, 'choose another model'] },
      { env: environmentOf(sandbox) },
    )
  })

  it.each([
    [['--count', '0'], 2, 'greater than or equal to 1'],
    [['--interval', '-1s'], 2, '"-1s" is not a duration'],
    [['--interval=-1s'], 2, '"-1s" is not a duration'],
    [['--interval', '5'], 2, 'has no unit'],
    [['--concurrency', '0'], 2, 'greater than or equal to 1'],
    [['--model', 'nope-ab12cd'], 2, 'answered 404'],
  ])('is said of %j', async (args, exitCode, says) => {
    await runFailing(['model-card-revisions', ...args], { exitCode, says: [says] }, { env: environmentOf(sandbox) })
    expect(await listModels(sandbox)).toEqual([])
  })
})

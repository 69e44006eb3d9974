import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { startMeddlingProxy } from '../support/meddling-proxy.js'
import { setFaults } from '../support/faults.js'
import { runCli, signalGroup } from './cli.js'
import { environmentOf, expectFailure, listModels, runFailing } from './failures.js'
import { callApi } from './read-instance.js'

interface Model {
  id: string
  name: string
  tags: string[]
}

interface Result {
  tags: { tag: string; planned: number; created: number }[]
  tagsIn: { isOnModel: boolean; cardSchemaId?: string; notInCards?: string }
  models: Model[]
  searches: {
    tag: string
    kind: string
    letterCase: string
    created: number
    expected: number
    found: number
    verdict: string
  }[]
  findings: { subject: string; message: string }[]
  run: { id: string; planned: string[]; failed: unknown[]; retries: number }
}

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})

afterEach(() => sandbox.close())

async function run(args: readonly string[], url = sandbox.url) {
  const env = { ...environmentOf(sandbox), URL: url }
  const { stdout, stderr, exitCode } = await runCli(['many-models-with-tags', '--json', ...args], { env })
  return { result: JSON.parse(stdout) as Result, stderr, exitCode }
}

async function readModels(query = ''): Promise<Model[]> {
  return (await callApi<{ models: Model[] }>(sandbox, 'GET', `/api/v2/models/search${query}`)).models
}

const requestsOf = (method: string) => sandbox.requests.filter((request) => request.method === method)
const withoutRun = ({ models, run: { id } }: Result) =>
  models.map(({ name, tags }) => ({ name: name.replace(id, ''), tags }))

/** A schema that takes tags in cards, as older default schemas did. */
async function addSchemaWithTags(id: string, overview: object = {}): Promise<void> {
  const properties = {
    overview: {
      type: 'object',
      properties: { tags: { type: 'array', items: { type: 'string' } } },
      additionalProperties: false,
      ...overview,
    },
  }
  const jsonSchema = { type: 'object', properties, additionalProperties: false }
  await callApi(sandbox, 'POST', '/api/v2/schemas', {
    id,
    name: id,
    description: 'd',
    kind: 'model',
    jsonSchema,
    reviewRoles: [],
  })
}

describe('many-models-with-tags', () => {
  it('makes models whose tags plain HTTP finds, with one request for each', async () => {
    const { result, exitCode } = await run(['--count', '60'])

    expect(exitCode).toBe(0)
    const models = await readModels()
    expect(models).toHaveLength(60)
    const sent = new Map(result.models.map((model) => [model.id, model]))
    for (const { id, name, tags } of models) {
      expect(name).toBe(sent.get(id)?.name)
      expect(name).toMatch(new RegExp(`^Many-Models-With-Tags-${result.run.id}-\\d\\d$`))
      expect(tags.toSorted()).toEqual(
        sent
          .get(id)
          ?.tags.map((tag) => tag.toLowerCase())
          .toSorted(),
      )
    }
    expect(result.models.some(({ tags }) => tags.some((tag) => tag !== tag.toLowerCase()))).toBe(true)
    expect(requestsOf('POST')).toHaveLength(60)
    expect(requestsOf('PATCH')).toEqual([])
    // Schemas once, all models once, and three ways to write each of three tags, searched in two ways.
    expect(requestsOf('GET').length - 1).toBe(1 + 1 + 3 * 3 * 2)
    for (const { tag, created } of result.tags) {
      expect(models.filter(({ tags }) => tags.includes(tag))).toHaveLength(created)
      expect(await readModels(`?libraries=${tag}`)).toHaveLength(created)
    }
    expect(result.searches).toHaveLength(18)
    expect(new Set(result.searches.map(({ verdict }) => verdict))).toEqual(new Set(['as-expected']))
    expect(result.tagsIn).toMatchObject({
      isOnModel: true,
      notInCards: expect.stringContaining('minimal-general-v10') as string,
    })
  })

  it('shows a table of what was created, expected and found, within 80 columns', async () => {
    const { stdout, exitCode } = await runCli(['many-models-with-tags', '--count', '20', '--tags', 'foo-bar,42'], {
      env: environmentOf(sandbox),
    })
    expect(exitCode).toBe(0)
    const created = (await readModels('?libraries=foo-bar')).length
    expect(stdout).toMatch(/tag +search +case +created +expected +found +others/)
    expect(stdout).toMatch(new RegExp(`foo-bar +libraries +lower +${created} +${created} +${created} +0 +ok\n`))
    expect(stdout).toMatch(new RegExp(` +libraries +upper +${created} +0 +0 +0 +ok\n`))
    expect(stdout).toMatch(new RegExp(` +text +mixed +${created} +${created} +${created} +\\d+ +ok\n`))
    // Digits have one case only.
    expect(stdout.match(/^42 .*$/gm)).toHaveLength(1)
    expect(stdout).toContain('All 8 searches found what they should.')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('counts its own models only', async () => {
    const tags = ['foo-bar', 'hello-world']
    for (let index = 0; index < 3; index++) {
      await callApi(sandbox, 'POST', '/api/v2/models', {
        name: 'Many-Models-With-Tags',
        kind: 'model',
        description: 'd',
        tags,
      })
    }
    const first = await run(['--count', '10'])
    const second = await run(['--count', '10'])
    expect([first.exitCode, second.exitCode]).toEqual([0, 0])
    expect(second.result.searches.every(({ found }) => found <= 10)).toBe(true)
    expect(await readModels()).toHaveLength(23)
  })

  it('makes the same for the same seed, and others for another', async () => {
    const [first, again, other] = [
      await run(['--count', '15']),
      await run(['--count', '15', '--concurrency', '1']),
      await run(['--count', '15', '--seed', 'other']),
    ]
    expect(withoutRun(again.result)).toEqual(withoutRun(first.result))
    expect(withoutRun(other.result).map(({ name }) => name)).toEqual(withoutRun(first.result).map(({ name }) => name))
    expect(withoutRun(other.result)).not.toEqual(withoutRun(first.result))
    expect(again.result.run.id).not.toBe(first.result.run.id)
  })

  it('takes another prefix, other tags, and tags with spaces', async () => {
    const { result, exitCode } = await run([
      '--count',
      '12',
      '--prefix',
      'Search Test',
      '--tags',
      'Speech To Text, grün,x',
    ])
    expect(exitCode).toBe(0)
    expect(result.tags.map(({ tag }) => tag)).toEqual(['speech to text', 'grün', 'x'])
    expect((await readModels('?libraries=speech%20to%20text')).length).toBe(result.tags[0]?.created)
    expect((await readModels()).every(({ name }) => name.startsWith('Search Test-'))).toBe(true)
  })

  it('changes nothing in a dry run', async () => {
    const { result, exitCode } = await run(['--count', '5', '--dry-run'])
    expect(exitCode).toBe(0)
    expect(result.run.planned).toHaveLength(5)
    expect(result.run.planned[0]).toBe('model Many-Models-With-Tags-1')
    expect(result.tags.reduce((sum, { planned }) => sum + planned, 0)).toBeGreaterThanOrEqual(5)
    expect(result).toMatchObject({ models: [], searches: [], findings: [] })
    expect(sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

describe('tags in cards', () => {
  it('are set too where the schema allows it', async () => {
    await addSchemaWithTags('with-tags')
    const { result, exitCode } = await run(['--count', '6', '--schema', 'with-tags'])

    expect(exitCode).toBe(0)
    expect(result.tagsIn).toEqual({ isOnModel: true, cardSchemaId: 'with-tags' })
    for (const { id, tags } of result.models) {
      const { modelCard } = await callApi<{ modelCard: unknown }>(
        sandbox,
        'GET',
        `/api/v2/model/${id}/model-card/latest`,
      )
      expect(modelCard).toMatchObject({ schemaId: 'with-tags', version: 2, metadata: { overview: { tags } } })
    }
    expect(requestsOf('PUT')).toHaveLength(6)
  })

  it('are set there only on request, and then no search by tag finds them', async () => {
    await addSchemaWithTags('with-tags', {
      required: ['tags', 'owner'],
      properties: { tags: { type: 'array' }, owner: { type: 'string' } },
    })
    const { result, exitCode } = await run([
      '--count',
      '6',
      '--tags-in',
      'card',
      '--schema',
      'with-tags',
      '--tags',
      'foo,bar',
    ])

    expect(exitCode).toBe(0)
    expect((await readModels()).flatMap(({ tags }) => tags)).toEqual([])
    const libraries = result.searches.filter(({ kind }) => kind === 'libraries')
    expect(libraries.every(({ created, expected, found }) => created > 0 && expected === 0 && found === 0)).toBe(true)
    const text = result.searches.filter(({ kind }) => kind === 'text')
    expect(text.every(({ created, found }) => created > 0 && found === created)).toBe(true)
  })

  it('are not looked for with --tags-in model', async () => {
    const { exitCode } = await run(['--count', '2', '--tags-in', 'model'])
    expect(exitCode).toBe(0)
    expect(sandbox.requests.filter(({ path }) => path.includes('/schema'))).toEqual([])
  })

  it('are refused before anything is made where the schema has no place for them', async () => {
    await runFailing(
      ['many-models-with-tags', '--tags-in', 'card'],
      { exitCode: 2, says: ['minimal-general-v10 does not allow overview.tags', 'use --tags-in model'] },
      { env: environmentOf(sandbox) },
    )
    await runFailing(
      ['many-models-with-tags', '--schema', 'nowhere'],
      { exitCode: 2, says: ['no schema nowhere that models can use', 'use one of these: minimal-general-v10'] },
      { env: environmentOf(sandbox) },
    )
    expect(await listModels(sandbox)).toEqual([])
  })
})

describe('what goes wrong', () => {
  it('is found out when a search by tag loses a model, and names the tag', async () => {
    const proxy = await startMeddlingProxy(sandbox.url, ({ url }, { status, body }) => {
      if (!url.includes('libraries=hello-world')) return undefined
      return { status, body: { models: (body as { models: unknown[] }).models.slice(1) } }
    })
    const { result, stderr, exitCode } = await run(['--count', '10'], proxy.origin)
    expect(exitCode).toBe(1)
    const created = (await readModels('?libraries=hello-world')).length
    expect(result.findings).toEqual([
      expect.objectContaining({
        subject: 'tag hello-world',
        message: `in lower case is found by tag (libraries) in ${created - 1} models instead of ${created}`,
      }),
    ])
    expect(stderr).toMatch(/Error: Not as asked for .*tag hello-world in lower case is found/)
  })

  it('is found out when a search by text cares for case', async () => {
    const proxy = await startMeddlingProxy(sandbox.url, ({ url }) =>
      url.includes('search=HELLO-WORLD') ? { status: 200, body: { models: [] } } : undefined,
    )
    const { result, exitCode } = await run(['--count', '10'], proxy.origin)
    expect(exitCode).toBe(1)
    expect(result.findings).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^in upper case is found by text \(search\) in 0 models/) as string,
      }),
    ])
  })

  it('is right when a search by tag takes any case', async () => {
    const proxy = await startMeddlingProxy(sandbox.url, async ({ url }) =>
      url.includes('libraries=')
        ? { status: 200, body: { models: await readModels(new URL(url.toLowerCase(), sandbox.url).search) } }
        : undefined,
    )
    const { result, exitCode } = await run(['--count', '4', '--tags', 'one'], proxy.origin)
    expect(exitCode).toBe(0)
    expect(result.searches.map(({ verdict }) => verdict).slice(0, 3)).toEqual(['as-expected', 'any-case', 'any-case'])
  })

  it('is found out when tags are not kept, as by an older Bailo', async () => {
    const proxy = await startMeddlingProxy(sandbox.url, ({ url }, { status, body }) => {
      if (!url.includes('titleOnly=true')) return undefined
      return { status, body: { models: (body as { models: Model[] }).models.map((model) => ({ ...model, tags: [] })) } }
    })
    const { result, exitCode } = await run(['--count', '4', '--tags', 'one'], proxy.origin)
    expect(exitCode).toBe(1)
    expect(result.findings).toEqual([
      expect.objectContaining({ message: 'has no tags instead of one, one of 4 like that' }),
    ])
  })

  it('stops at the first failure, or goes on with --keep-going, and counts what was made', async () => {
    const failThird = ['model-create after=2 x1 status=500']
    await setFaults(sandbox, failThird)
    const stopped = await run(['--count', '9', '--concurrency', '1'])
    expect(stopped.exitCode).toBe(4)
    expect(stopped.result.models).toHaveLength(2)
    await setFaults(sandbox, failThird)
    const finished = await run(['--count', '9', '--concurrency', '1', '--keep-going'])
    expect(finished.exitCode).toBe(4)
    expect(finished.result.models).toHaveLength(8)
    expect(finished.result.run.failed).toHaveLength(1)
    expect(finished.result.searches).toHaveLength(18)
    expect(finished.stderr).toContain('answered 500')
  })

  it('ends on Ctrl-C with what was made', async () => {
    const { stdout, exitCode } = await runCli(
      ['many-models-with-tags', '--json', '--count', '100000', '--concurrency', '2'],
      {
        env: environmentOf(sandbox),
        onStart: (child) => {
          const timer = setInterval(() => {
            if (requestsOf('POST').length < 5) return
            clearInterval(timer)
            signalGroup(child, 'SIGINT')
          }, 20)
          child.once('exit', () => clearInterval(timer))
        },
      },
    )
    expect(exitCode).toBe(130)
    const { models, searches } = JSON.parse(stdout) as Result
    expect(searches).toEqual([])
    expect(new Set(models.map(({ id }) => id))).toEqual(new Set(await listModels(sandbox)))
  })

  it.each([
    [['--tags', ''], '--tags is empty'],
    [['--tags', ' '], /names no tag/],
    [['--tags', 'a,,b'], 'a comma too many'],
    [['--tags', 'foo,bar,FOO'], '"FOO" and "foo" differ in case only'],
    [['--tags', 'foo,foo'], '"foo" is named twice'],
    [['--tags', '-,x'], 'neither a letter nor a digit'],
    [['--count', '0'], 'greater than or equal to 1'],
    [['--count', 'many'], /integer/],
    [['--prefix', ''], '--prefix is empty'],
    [['--prefix', 'x'.repeat(103_000)], '102400'],
    [['--tags-in', 'nowhere'], 'auto, model, card'],
    [['--model', 'm'], /Nonexistent flag/],
  ])('is said of %j', async (args, says) => {
    const options = { env: environmentOf(sandbox) }
    expectFailure(await runCli(['many-models-with-tags', ...args], options), { exitCode: 2, says: [says] })
    expect(sandbox.requests).toEqual([])
  })
})

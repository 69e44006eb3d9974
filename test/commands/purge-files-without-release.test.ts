import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { startCuttingProxy } from '../support/cutting-proxy.js'
import { startWatchingProxy, type Watcher } from '../support/watching-proxy.js'
import { runCli } from './cli.js'
import { createModel, createToken, environmentOf, expectNoKeys, listModels, runFailing } from './failures.js'
import { basicAuth, callApi, readFiles, readReleases } from './read-instance.js'
import { hasTerminals, runAtTerminal } from './terminal.js'

interface Result {
  filesInModel: number
  filesInReleases: number
  confirmation: string
  orphans: { id: string; name: string; sizeBytes?: number; ageMs?: number; isComplete: boolean; state: string }[]
  run: { isDryRun: boolean; planned: string[]; failed: { key: string }[]; retries: number }
  findings: unknown[]
}

const COMMAND = 'purge-files-without-release'
const DAY_MS = 86_400_000

let sandbox: Sandbox
let modelId: string

beforeEach(async () => {
  sandbox = await startSandbox()
  modelId = await createModel(sandbox)
})

afterEach(() => sandbox.close())

async function upload(name: string, sizeBytes = 10): Promise<string> {
  const query = new URLSearchParams({ name })
  const response = await fetch(`${sandbox.url}/api/v2/model/${modelId}/files/upload/simple?${query.toString()}`, {
    method: 'POST',
    headers: { authorization: basicAuth(sandbox), 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(sizeBytes, 7),
  })
  return ((await response.json()) as { file: { _id: string } }).file._id
}

async function beginUpload(name: string): Promise<string> {
  const start = `/api/v2/model/${modelId}/files/upload/multipart/start`
  return (await callApi<{ fileId: string }>(sandbox, 'POST', start, { name, size: 5 })).fileId
}

async function release(semver: string, fileIds: string[], draft = false): Promise<void> {
  const body = { semver, notes: 'n', fileIds, images: [], draft }
  await callApi(sandbox, 'POST', `/api/v2/model/${modelId}/releases`, body)
}

async function purge(args: readonly string[] = [], url = sandbox.url) {
  const env = environmentOf({ ...sandbox, url })
  const mark = sandbox.requests.length
  const { stdout, stderr, exitCode } = await runCli([COMMAND, '--json', '--model', modelId, ...args], { env })
  const requests = sandbox.requests.slice(mark).map(({ method, path }) => `${method} ${path}`)
  expectNoKeys({ stdout, stderr, exitCode, signal: null }, env)
  return { result: JSON.parse(stdout) as Result, stderr, exitCode, requests }
}

function changing(requests: readonly string[]): string[] {
  return requests.filter((request) => !/^(GET|HEAD|OPTIONS) /.test(request))
}

async function namesLeft(): Promise<string[]> {
  return (await readFiles(sandbox, modelId)).map(({ name }) => name).sort()
}

function statesOf({ orphans }: Result): Record<string, string> {
  return Object.fromEntries(orphans.map(({ name, state }) => [name, state]))
}

/** Two files in releases, one of them a draft, and two that are in none. */
async function fill(): Promise<void> {
  await release('1.0.0', [await upload('released')])
  await release('2.0.0', [await upload('drafted')], true)
  await upload('orphan', 2048)
  await upload('other', 1)
}

describe('without a confirmation', () => {
  it('lists the files in no release, changes nothing, and says how to delete them', async () => {
    await fill()
    const { result, stderr, exitCode, requests } = await purge()
    expect(exitCode).toBe(0)
    expect(result).toMatchObject({ filesInModel: 4, filesInReleases: 2, confirmation: 'not-asked', findings: [] })
    expect(result.orphans.map(({ name, sizeBytes, state }) => [name, sizeBytes, state])).toEqual([
      ['orphan', 2048, 'listed'],
      ['other', 1, 'listed'],
    ])
    expect(result.orphans[0]?.ageMs).toBeLessThan(60_000)
    expect(requests).toEqual([`GET /api/v2/model/${modelId}/files`, `GET /api/v2/model/${modelId}/releases`])
    expect(stderr).toBe(`Note: Nothing was deleted; --confirm ${modelId} deletes what is listed for it.\n`)
  })

  it('shows a table with sizes and ages, in which names take no effect on the terminal', async () => {
    await release('1.0.0', [await upload('released')])
    await upload('\u001b[31mred\nline', 2048)
    await upload(`${'long-'.repeat(30)}end.bin`)
    const { stdout, exitCode } = await runCli([COMMAND, '--model', modelId], { env: environmentOf(sandbox) })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^\\u\{1b\}\[31mred line +[0-9a-f]{24} +2 KiB +< 1 min$/m)
    expect(stdout).toMatch(/^long-long-l\.\.\.ng-end\.bin +[0-9a-f]{24} +10 B +< 1 min$/m)
    expect(stdout).toContain('3 files in the model, 1 of them in releases (drafts included).')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/)
  })

  it('says when there is nothing to delete', async () => {
    await release('1.0.0', [await upload('released')])
    const { stdout, stderr, exitCode } = await runCli([COMMAND, '--model', modelId], { env: environmentOf(sandbox) })
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout.replace(/\s+/g, ' ')).toContain('No file is without a release.')
  })

  it('plans the deletions in a dry run, also with a confirmation', async () => {
    await fill()
    const { result, exitCode, requests } = await purge(['--dry-run', '--confirm', modelId])
    expect(exitCode).toBe(0)
    expect(changing(requests)).toEqual([])
    expect(result.run.planned).toEqual(result.orphans.map(({ id, name }) => `delete ${id} ${name}`))
    expect(result.run.planned).toHaveLength(2)
  })
})

describe('with a confirmation', () => {
  it('deletes exactly the files in no release', async () => {
    await fill()
    const { result, stderr, exitCode, requests } = await purge(['--confirm', modelId])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(await namesLeft()).toEqual(['drafted', 'released'])
    const releases = await readReleases(sandbox, modelId)
    expect(releases.map(({ semver, files }) => [semver, files.length])).toEqual([
      ['1.0.0', 1],
      ['2.0.0', 1],
    ])
    expect(statesOf(result)).toEqual({ orphan: 'deleted', other: 'deleted' })
    expect(changing(requests)).toHaveLength(2)
    // Before planning, before deleting, and the files once more to verify.
    expect(requests.filter((request) => request.startsWith('GET '))).toHaveLength(4)
  })

  it('takes few readings of the releases for many files', async () => {
    await release('1.0.0', [await upload('released')])
    for (let index = 0; index < 40; index++) await upload(`orphan-${index}`)
    const { exitCode, requests } = await purge(['--confirm', modelId])
    expect(exitCode).toBe(0)
    expect(await namesLeft()).toEqual(['released'])
    expect(requests.filter((request) => request.endsWith('/releases')).length).toBeLessThanOrEqual(4)
  })

  it('refuses another name than that of the model', async () => {
    await fill()
    const env = environmentOf(sandbox)
    await runFailing(
      [COMMAND, '--model', modelId, '--confirm', 'another'],
      {
        exitCode: 2,
        says: [`--confirm another is not the model to purge, which is ${modelId}`],
      },
      { env },
    )
    expect(await namesLeft()).toHaveLength(4)
  })

  it('keeps a file that is put into a release meanwhile, a draft as well', async () => {
    await fill()
    const [orphan] = (await readFiles(sandbox, modelId)).filter(({ name }) => name === 'orphan')
    const releases = `GET /api/v2/model/${modelId}/releases`
    const url = await startWatchingProxy(sandbox.url, async ({ line, count }) => {
      if (line === releases && count === 2) await release('3.0.0', [orphan?._id ?? ''], true)
    })
    const { result, exitCode } = await purge(['--confirm', modelId], url)
    expect(exitCode).toBe(0)
    expect(statesOf(result)).toEqual({ orphan: 'in-a-release', other: 'deleted' })
    expect(await namesLeft()).toEqual(['drafted', 'orphan', 'released'])
  })

  it('looks again while it deletes for long', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await upload(name)
    await release('1.0.0', [await upload('released')])
    let rescued: string | undefined
    const watch: Watcher = async ({ line }) => {
      if (!line.startsWith('DELETE ')) return
      // A slow server: a reading is too old for the next file.
      await new Promise((resolve) => setTimeout(resolve, 1100))
      if (rescued !== undefined) return
      const deleting = line.split('/').at(-1)
      rescued = (await readFiles(sandbox, modelId)).findLast(
        ({ _id, name }) => name !== 'released' && _id !== deleting,
      )?._id
      await release('2.0.0', [rescued ?? ''])
    }
    const { result } = await purge(
      ['--confirm', modelId, '--concurrency', '1'],
      await startWatchingProxy(sandbox.url, watch),
    )
    expect(result.orphans.find(({ id }) => id === rescued)?.state).toBe('in-a-release')
    expect(await namesLeft()).toHaveLength(2)
  })

  it('leaves what is younger than --older-than', async () => {
    const times = (ageMs: number) => {
      const time = new Date(Date.now() - ageMs).toISOString()
      return { createdAt: time, updatedAt: time }
    }
    const id = (digit: string) => digit.repeat(24)
    modelId = 'seeded-abcdef'
    await sandbox.seed({
      model: {
        _id: id('1'),
        ...times(30 * DAY_MS),
        id: modelId,
        name: 'Seeded',
        kind: 'model',
        description: 'd',
        organisation: '',
        state: '',
        tags: [],
        visibility: 'public',
        collaborators: [],
        settings: { ungovernedAccess: false, allowTemplating: false },
      },
      schemas: [],
      cards: [],
      files: [
        { _id: id('2'), ...times(20 * DAY_MS), name: 'old', mime: 'm', tags: [], sizeBytes: 5 },
        { _id: id('3'), ...times(DAY_MS), name: 'young', mime: 'm', tags: [], sizeBytes: 5 },
        // Begun long ago, finished only now.
        {
          _id: id('4'),
          ...times(0),
          createdAt: times(9 * DAY_MS).createdAt,
          name: 'finished',
          mime: 'm',
          tags: [],
          sizeBytes: 5,
        },
        { _id: id('5'), ...times(20 * DAY_MS), name: 'leftover', mime: 'm', tags: [] },
      ],
      releases: [],
      images: [],
    })
    const args = ['--confirm', modelId, '--older-than', '7d', '--incomplete']
    const { result, exitCode } = await purge(args)
    expect(exitCode).toBe(0)
    expect(statesOf(result)).toEqual({ old: 'deleted', young: 'too-young', finished: 'too-young', leftover: 'deleted' })
    expect(await namesLeft()).toEqual(['finished', 'young'])
  })

  it.each([
    [[], 'incomplete', ['leftover', 'released']],
    [['--incomplete'], 'deleted', ['released']],
  ])('with %j treats an upload that never finished as %s', async (args, state, left) => {
    await release('1.0.0', [await upload('released')])
    await upload('orphan')
    await beginUpload('leftover')
    const { result, exitCode } = await purge(['--confirm', modelId, ...args])
    expect(exitCode).toBe(0)
    expect(result.orphans.find(({ name }) => name === 'leftover')).toMatchObject({ isComplete: false, state })
    expect(result.orphans.find(({ name }) => name === 'leftover')).not.toHaveProperty('sizeBytes')
    expect(await namesLeft()).toEqual(left)
  })

  it('has nothing to delete and is done', async () => {
    await release('1.0.0', [await upload('released')])
    const { exitCode, result, requests } = await purge(['--confirm', modelId])
    expect([exitCode, result.orphans, changing(requests)]).toEqual([0, [], []])
  })
})

describe('a failure', () => {
  it('of one deletion ends with 4, and the next run does the rest', async () => {
    await fill()
    const refuse: Watcher = ({ line, count }) => (line.startsWith('DELETE ') && count === 1 ? 500 : undefined)
    const { result, stderr, exitCode } = await purge(
      ['--confirm', modelId, '--concurrency', '1'],
      await startWatchingProxy(sandbox.url, refuse),
    )
    expect(exitCode).toBe(4)
    expect(Object.values(statesOf(result))).toEqual(['failed', 'not-tried'])
    expect(result.run.failed).toHaveLength(1)
    expect(stderr).toContain('Injected by the test')
    expect((await purge(['--confirm', modelId])).exitCode).toBe(0)
    expect(await namesLeft()).toEqual(['drafted', 'released'])
  })

  it('of one deletion leaves the others to be done with --keep-going', async () => {
    await fill()
    let refused = ''
    const watch: Watcher = ({ line }) => {
      if (!line.startsWith('DELETE ')) return undefined
      refused ||= line
      return line === refused ? 500 : undefined
    }
    const { result, exitCode } = await purge(
      ['--confirm', modelId, '--keep-going'],
      await startWatchingProxy(sandbox.url, watch),
    )
    expect(exitCode).toBe(4)
    expect(Object.values(statesOf(result)).sort()).toEqual(['deleted', 'failed'])
  })

  it('of an answer to a deletion is made good', async () => {
    await release('1.0.0', [await upload('released')])
    await upload('orphan')
    const proxy = await startCuttingProxy(sandbox.url)
    proxy.cutAnswer('DELETE ')
    const { result, exitCode } = await purge(['--confirm', modelId], proxy.origin)
    expect(proxy.cuts).toBe(1)
    expect(exitCode).toBe(0)
    expect(result.run.retries).toBe(1)
    expect(statesOf(result)).toEqual({ orphan: 'gone' })
    expect(await namesLeft()).toEqual(['released'])
  })

  it('to look at the releases again deletes nothing', async () => {
    await fill()
    const refuse: Watcher = ({ line, count }) => (line.endsWith('/releases') && count > 1 ? 500 : undefined)
    const { result, exitCode } = await purge(['--confirm', modelId], await startWatchingProxy(sandbox.url, refuse))
    expect(exitCode).toBe(4)
    expect(result.run.failed.length).toBeGreaterThan(0)
    expect(await namesLeft()).toHaveLength(4)
  })

  it.each([
    ['release:read', 'The instance shows no release with files of this model'],
    ['file:read', 'The instance shows no file of this model'],
  ])('for want of %s is seen, and does not make files look unused', async (action, message) => {
    await fill()
    const env = await createToken(sandbox, { without: [action] })
    await runFailing(
      [COMMAND, '--model', modelId, '--confirm', modelId],
      {
        exitCode: 3,
        says: [message, `the token is missing the action ${action}`],
      },
      { env },
    )
    expect(await namesLeft()).toHaveLength(4)
  })

  it('for want of file:write says so', async () => {
    await fill()
    const env = await createToken(sandbox, { without: ['file:write'] })
    const { exitCode, stderr } = await runCli([COMMAND, '--model', modelId, '--confirm', modelId], { env })
    expect(exitCode).toBe(3)
    expect(stderr).toContain('This token is missing the required action: file:write')
    expect(await namesLeft()).toHaveLength(4)
  })

  it('to name a model never creates one', async () => {
    const before = await listModels(sandbox)
    const env = environmentOf(sandbox)
    await runFailing([COMMAND], { exitCode: 2, says: ['No model is named', 'PURGE_ORPHANED_FILES_MODEL_ID'] }, { env })
    expect(await listModels(sandbox)).toEqual(before)
  })

  it('to find the model is one of usage', async () => {
    const env = { ...environmentOf(sandbox), PURGE_ORPHANED_FILES_MODEL_ID: 'nope-abcdef' }
    await runFailing([COMMAND], { exitCode: 2, says: ['The requested entry was not found'] }, { env })
  })
})

describe('at a terminal', () => {
  /** Runs the command at a terminal, where this is typed once it asks. */
  function purgeAtTerminal(typed: string, args: readonly string[] = []) {
    const env = { ...environmentOf(sandbox), NO_COLOR: '1' }
    return runAtTerminal([COMMAND, '--model', modelId, ...args], { env, prompt: 'to leave it: ', typed })
  }

  it.skipIf(!hasTerminals)(`shows what it would delete, asks, and deletes it`, async () => {
    await fill()
    const { output, exitCode } = await purgeAtTerminal(`${modelId}\n`)
    expect(exitCode).toBe(0)
    const asked = output.slice(0, output.indexOf('Type '))
    expect(asked).toMatch(/^orphan +[0-9a-f]{24} +2 KiB +< 1 min\r?$/m)
    expect(output).toContain('Deleted 2 files, 2 KiB')
    expect(await namesLeft()).toEqual(['drafted', 'released'])
  })

  it.skipIf(!hasTerminals).each([
    ['another name', 'no\n', 1],
    ['nothing', '\n', 1],
    ['the end of the input', '\u0004', 1],
    ['Ctrl-C', '\u0003', 130],
  ])('deletes nothing on %s', async (_what, typed, expected) => {
    await fill()
    const { output, exitCode } = await purgeAtTerminal(typed)
    expect({ exitCode, output }).toMatchObject({ exitCode: expected })
    expect(output.match(/Nothing was deleted/g)).toHaveLength(1)
    expect(output).toContain(`Nothing was deleted${expected === 130 ? ': SIGINT came' : ` from ${modelId}`}`)
    expect(output).toContain(`Try: --confirm ${modelId}, which deletes without asking`)
    expect(output).not.toMatch(/under way is done|does the rest/)
    if (expected === 130) expect(output.match(/^orphan /gm)).toHaveLength(1)
    expect(await namesLeft()).toHaveLength(4)
  })

  it.skipIf(!hasTerminals)('does not ask in a dry run, nor when nothing is to be deleted', async () => {
    expect((await purgeAtTerminal('')).exitCode).toBe(0)
    await fill()
    const { output, exitCode } = await purgeAtTerminal('', ['--dry-run'])
    expect(exitCode).toBe(0)
    expect(output).not.toContain('Type ')
    expect(await namesLeft()).toHaveLength(4)
  })
})

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { startMeddlingProxy } from '../support/meddling-proxy.js'
import { runCli } from './cli.js'
import { environmentOf, listModels, runFailing } from './failures.js'
import { callApi, readFiles, readReleases } from './read-instance.js'

interface Model {
  id: string
  name: string
  kind: string
  description: string
  tags: string[]
}

interface Result {
  target: { modelId: string; isNew: boolean }
  dataCardId: string
  texts: { what: string; characters: number; bytes: number }[]
  names: { model: string; file: string; semver: string; dataCard: string }
  isFileInParts: boolean
  isCompared: boolean
  findings: { subject: string; message: string }[]
  run: { id: string; planned: string[]; failed: { key: string }[] }
}

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})

afterEach(() => sandbox.close())

async function run(args: readonly string[], url = sandbox.url) {
  const env = { ...environmentOf(sandbox), URL: url }
  const { stdout, stderr, exitCode } = await runCli(['long-names', '--json', ...args], { env })
  return { result: JSON.parse(stdout) as Result, stderr, exitCode }
}

async function readModel(id: string): Promise<Model> {
  return (await callApi<{ model: Model }>(sandbox, 'GET', `/api/v2/model/${id}`)).model
}

async function readCard(
  id: string,
): Promise<{ version: number; schemaId: string; metadata: Record<string, Record<string, unknown>> }> {
  const { modelCard } = await callApi<{ modelCard: Awaited<ReturnType<typeof readCard>> }>(
    sandbox,
    'GET',
    `/api/v2/model/${id}/model-card/latest`,
  )
  return modelCard
}

const characters = (text: unknown) => [...String(text)].length

describe('long-names', () => {
  it.each([
    ['latin', 1000, /^[0-9a-z]{8}[a-z]+$/, 255],
    ['cjk', 600, /^[0-9a-z]{8}[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}]+$/u, 85],
    ['rtl', 600, /^[0-9a-z]{8}[\p{Script=Hebrew}\p{Script=Arabic}]+$/u, 128],
    ['emoji', 600, /^[0-9a-z]{8}\p{Emoji_Presentation}+$/u, 66],
  ])(
    'makes everything with long names in %s, as plain HTTP finds it',
    async (script, length, pattern, fileCharacters) => {
      const { result, exitCode } = await run(['--script', script, '--length', String(length)])

      expect(exitCode).toBe(0)
      expect(result).toMatchObject({ isCompared: true, findings: [], isFileInParts: false, target: { isNew: true } })
      for (const [id, kind, name] of [
        [result.target.modelId, 'model', result.names.model],
        [result.dataCardId, 'data-card', result.names.dataCard],
      ] as const) {
        const model = await readModel(id)
        expect(model).toMatchObject({ kind, name })
        expect(model.name).toMatch(pattern)
        expect(model.name.startsWith(result.run.id)).toBe(true)
        expect([model.name, model.description, model.tags[0]].map(characters)).toEqual([length, length, length])
        // The slug of a name and six random characters.
        expect(id.length).toBeLessThanOrEqual(128 + 7)
      }
      const card = await readCard(result.target.modelId)
      expect(card).toMatchObject({ version: 2, schemaId: 'minimal-general-v10' })
      expect(characters(card.metadata['overview']?.['modelSummary'])).toBe(length)
      expect(characters((await readCard(result.dataCardId)).metadata['overview']?.['storageLocation'])).toBe(length)
      const [file, ...otherFiles] = await readFiles(sandbox, result.target.modelId)
      expect(otherFiles).toEqual([])
      expect(file).toMatchObject({ name: result.names.file, size: 1024 })
      expect(Buffer.byteLength(file?.name ?? '')).toBe(255)
      expect(Math.abs(characters(file?.name) - fileCharacters)).toBeLessThanOrEqual(3)
      const [release] = await readReleases(sandbox, result.target.modelId)
      expect(release).toMatchObject({ semver: result.names.semver, minor: false, draft: false, fileIds: [file?._id] })
      expect(characters(release?.notes)).toBe(length)
      expect(release?.semver).toHaveLength(256)
      expect(await listModels(sandbox)).toHaveLength(2)
    },
  )

  it('writes nothing into the folder it runs in, and shows the sizes instead of the names', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bailo-exp-long-'))
    try {
      const { stdout, exitCode } = await runCli(['long-names', '--script', 'emoji', '--length', '300'], {
        env: environmentOf(sandbox),
        cwd: directory,
      })
      expect(exitCode).toBe(0)
      expect(await readdir(directory)).toEqual([])
      expect(stdout).toMatch(/^name of the model +300 +1176$/m)
      expect(stdout).toMatch(/^name of the file +\d+ +255$/m)
      expect(stdout).toContain('Identical to what was sent by comparison.')
      expect(stdout).not.toMatch(/\p{Emoji_Presentation}/u)
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('uploads a file in parts whose name is too long for an address', async () => {
    const { result, exitCode } = await run(['--file-name-length', '9000', '--length', '100'])
    expect(exitCode).toBe(0)
    expect(result.isFileInParts).toBe(true)
    expect(sandbox.requests.filter(({ status }) => status >= 400)).toEqual([])
    const [file] = await readFiles(sandbox, result.target.modelId)
    expect(Buffer.byteLength(file?.name ?? '')).toBe(9000)
    expect((await readReleases(sandbox, result.target.modelId))[0]?.fileIds).toEqual([file?._id])
  })

  it('makes the same for the same seed, and others for another', async () => {
    const make = async (...args: string[]) => {
      const { result } = await run(['--length', '80', ...args])
      const { description, tags, name } = await readModel(result.target.modelId)
      const [file] = await readFiles(sandbox, result.target.modelId)
      const download = await fetch(`${sandbox.url}/api/v2/model/${result.target.modelId}/file/${file?._id}/download`)
      return {
        name: name.replace(result.run.id, ''),
        description,
        tags,
        file: file?.name,
        bytes: Buffer.from(await download.arrayBuffer()).toString('hex'),
        card: (await readCard(result.target.modelId)).metadata,
      }
    }
    const [first, again, other] = [await make(), await make(), await make('--seed', 'other')]
    expect(again).toEqual(first)
    for (const key of Object.keys(first) as (keyof typeof first)[]) expect(other[key]).not.toEqual(first[key])
  })

  it('changes nothing in a dry run', async () => {
    const { result, exitCode } = await run(['--dry-run'])
    expect(exitCode).toBe(0)
    expect(result.run.planned).toEqual([
      'model with long names',
      'card of the model',
      'texts of the model',
      'file with a long name',
      'release with long notes',
      'data-card with long names',
      'card of the data card',
      'texts of the data card',
    ])
    expect(sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

describe('what goes wrong', () => {
  it('is found out when something is stored otherwise', async () => {
    const cut = (text: string) => text.slice(0, 255)
    const proxy = await startMeddlingProxy(sandbox.url, ({ method, url }, { status, body }) => {
      if (method !== 'GET') return undefined
      const { model, files, releases } = body as {
        model?: Model
        files?: { name: string }[]
        releases?: { notes: string }[]
      }
      if (model?.kind === 'model') return { status, body: { model: { ...model, name: cut(model.name), tags: [] } } }
      if (files) return { status, body: { files: files.map((file) => ({ ...file, name: `X${file.name.slice(1)}` })) } }
      if (releases) return { status, body: { releases: releases.map((one) => ({ ...one, fileIds: [] })) } }
      if (url.includes('latest') && url.includes('-card/'))
        return { status, body: { modelCard: { version: 2, schemaId: 's' } } }
      return undefined
    })
    const { result, exitCode, stderr } = await run(['--length', '300'], proxy.origin)
    expect(exitCode).toBe(1)
    const messages = result.findings.map(({ subject, message }) => `${subject} ${message}`)
    expect(messages).toEqual([
      'name of the model is cut to 255 of 300 characters',
      'tag of the model is not stored',
      'card of the model does not say what was sent',
      'name of the file is stored otherwise from character 1 on',
      'release lacks the file that was put into it',
      'card of the data card does not say what was sent',
    ])
    expect(stderr).toContain('name of the model is cut to 255 of 300 characters (and 5 more)')
  })

  it('stops where something fails, makes the data card nevertheless with --keep-going, and says what failed', async () => {
    const refuseFiles = () =>
      startMeddlingProxy(sandbox.url, ({ url }) =>
        url.includes('/files/upload/')
          ? { status: 413, body: { error: { message: 'too large on purpose' } } }
          : undefined,
      )
    const kept = await run(['--length', '50', '--keep-going', '--concurrency', '1'], (await refuseFiles()).origin)
    expect(kept.exitCode).toBe(4)
    expect(kept.result.run.failed.map(({ key }) => key)).toEqual(['file with a long name'])
    expect((await readCard(kept.result.dataCardId)).version).toBe(2)
    const stopped = await run(['--length', '50', '--concurrency', '1'], (await refuseFiles()).origin)
    expect(stopped.exitCode).toBe(4)
    expect(stopped.result.dataCardId).toBe('')
    expect(await readReleases(sandbox, stopped.result.target.modelId)).toEqual([])
  })

  it('is said when there is no schema for data cards, before anything is made', async () => {
    await fetch(`${sandbox.url}/api/v2/schema/minimal-data-card-v10`, { method: 'DELETE' })
    await runFailing(
      ['long-names'],
      { exitCode: 2, says: ['no active schema for data cards'] },
      { env: environmentOf(sandbox) },
    )
    expect(await listModels(sandbox)).toEqual([])
  })

  it.each([
    [['--length', '0'], 'greater than or equal to 16'],
    [['--length', '15'], 'greater than or equal to 16'],
    [['--length', '100001'], 'less than or equal to 100000'],
    [['--length', '99999'], /the model has \d+ bytes; Bailo takes 102400 bytes in one request/],
    [['--length', '30000', '--script', 'emoji'], /use --length \d+ or less/],
    [['--file-name-length', '0'], 'greater than or equal to 1'],
    [['--file-name-length', '100001'], 'less than or equal to 100000'],
    [['--script', 'klingon'], 'latin, cjk, rtl, emoji'],
  ])('is said of %j', async (args, says) => {
    await runFailing(['long-names', ...args], { exitCode: 2, says: [says] }, { env: environmentOf(sandbox) })
    expect(await listModels(sandbox)).toEqual([])
  })
})

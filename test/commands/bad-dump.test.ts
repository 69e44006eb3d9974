import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { createModel, createRelease, environmentOf, NOTHING, readContents, readError, runFailing } from './failures.js'
import { callApi } from './read-instance.js'

let sandbox: Sandbox
let directory: string

beforeAll(async () => {
  sandbox = await startSandbox()
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-dump-'))
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

async function writeDump(name: string, content: unknown): Promise<string> {
  const file = path.join(directory, name)
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function release(semver: string, more: object = {}): object {
  return { semver, notes: 'n', minor: false, draft: false, fileIds: [], files: [], images: [], ...more }
}

function file(index: number, name: string, size: number): object {
  return { _id: String(index).padStart(24, '0'), name, size, mime: 'text/plain', tags: [], complete: true }
}

/** Clones a dump into an empty model; nothing may be in that afterwards. */
async function refuse(dump: string, exitCode: number, ...says: (string | RegExp)[]): Promise<void> {
  const to = await createModel(sandbox)
  const args = ['clone-releases', '--from-file', dump, '--to', to, '--json']
  const result = await runFailing(args, { exitCode, says }, { env: environmentOf(sandbox), cwd: directory })
  if (exitCode === 2) expect(readError(result)).toMatchObject({ exitCode })
  else expect(JSON.parse(result.stdout)).toMatchObject({ problems: [expect.anything()] })
  expect(await readContents(sandbox, to)).toEqual(NOTHING)
}

describe.concurrent('a dump file', () => {
  const malformed: [what: string, content: unknown, says: string][] = [
    ['is not JSON', '{"releases": [', 'is not JSON'],
    ['is empty', '', 'is not JSON'],
    ['is JSON of another kind', [], 'the document must be object'],
    ['is null', 'null', 'the document must be object'],
    ['has a release without notes', { releases: [{ semver: '1.0.0' }] }, '/releases/0 .*notes'],
    ['has a number for a semver', { releases: [release('1.0.0'), { semver: 1, notes: 'n' }] }, '/releases/1/semver'],
    [
      'has a file of negative size',
      { releases: [release('1.0.0', { files: [file(1, 'a', -1)] })] },
      'size must be >= 0',
    ],
    [
      'has a file of half a byte',
      { releases: [release('1.0.0', { files: [file(1, 'a', 0.5)] })] },
      'size must be integer',
    ],
    ['has no releases', { releases: [] }, 'no releases'],
  ]

  it.each(malformed)('that %s is refused with 2', async (what, content, says) => {
    const dump = await writeDump(`${what.replaceAll(' ', '-')}.json`, content)
    await refuse(dump, 2, dump, new RegExp(says))
  })

  it('that does not exist is refused with 2', () =>
    refuse('absent.json', 2, 'absent.json', 'it does not exist', '--save-dump'))

  const unfit: [what: string, releases: object[], says: string][] = [
    ['an empty file', [release('1.0.0', { files: [file(1, 'a.bin', 0)] })], '"a.bin" is empty'],
    ['one version twice', [release('1.0.0'), release('1.0.0')], 'lists this version twice'],
    ['a version with two dashes', [release('1.0.0'), release('2.0.0-a-b')], 'release 2\\.0\\.0-a-b: .*second dash'],
    ['a version with build metadata', [release('1.0.0+7')], 'release 1\\.0\\.0\\+7'],
    ['a release without notes', [release('1.0.0', { notes: '' })], 'without notes'],
    [
      'two files of one name',
      [release('1.0.0', { files: [file(1, 'a', 1), file(2, 'a', 2)] })],
      'two files of the name "a"',
    ],
    ['notes beyond the limit', [release('1.0.0', { notes: 'x'.repeat(103_000) })], 'takes 102,?400'],
    [
      'an image that is nowhere',
      [release('1.0.0', { images: [{ repository: 'gone-ab12cd', name: 'server', tag: '1' }] })],
      'image server:1 cannot be read',
    ],
  ]

  it.each(unfit)('with %s is refused with 1 before anything is made', async (what, releases, says) => {
    await refuse(
      await writeDump(`${what.replaceAll(' ', '-')}.json`, { releases }),
      1,
      'Nothing was made',
      new RegExp(says),
    )
  })
})

it('has its control characters shown, not obeyed', async () => {
  const name = '\u001b[2Jgone\u202e\r\n'
  const dump = await writeDump('control-characters.json', {
    releases: [release('1.0.0', { files: [file(1, name, 1)] }), release(`2.0.0-${name}`, { notes: '' })],
  })
  const args = ['clone-releases', '--from-file', dump, '--dry-run', '--keep-going']
  const result = await runFailing(
    args,
    { exitCode: 1, says: ['\\u{1b}[2Jgone\\u{202e}'] },
    { env: environmentOf(sandbox) },
  )
  expect(result.stdout).toContain('\\u{1b}[2Jgone\\u{202e}')
  // eslint-disable-next-line no-control-regex -- they are what must not be there
  expect(result.stdout + result.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
})

describe('a version that the destination has deleted', () => {
  it('is said before anything is made, and the rest is made with --keep-going', async () => {
    const to = await createModel(sandbox)
    await createRelease(sandbox, to, '1.1.0')
    await callApi(sandbox, 'DELETE', `/api/v2/model/${to}/release/1.1.0`)
    const dump = await writeDump('deleted.json', {
      releases: [
        release('1.0.0', { files: [file(1, 'a', 7)] }),
        release('1.1.0', { files: [file(1, 'a', 7), file(2, 'b', 8)] }),
      ],
    })
    const args = ['clone-releases', '--quiet', '--from-file', dump, '--to', to]
    const options = { env: environmentOf(sandbox) }

    await runFailing(
      args,
      { exitCode: 1, says: ['release 1.1.0', 'deleted', to, sandbox.url, '--keep-going'] },
      options,
    )
    expect(await readContents(sandbox, to)).toEqual(NOTHING)

    const rest = await runFailing(
      [...args, '--keep-going'],
      { exitCode: 1, says: ['release 1.1.0', 'deleted'] },
      options,
    )
    expect(rest.stdout).toContain('release 1.1.0 is not in the destination')
    expect(await readContents(sandbox, to)).toEqual({ releases: ['1.0.0'], files: ['a'], images: [] })
  })
})

it('is named when it cannot be written, and nothing is made', async () => {
  const to = await createModel(sandbox)
  const from = await createModel(sandbox)
  await createRelease(sandbox, from, '1.0.0')
  const saveTo = path.join(directory, 'no-such-directory', 'dump.json')
  await refuseDump(saveTo)
  await refuseDump(directory)

  async function refuseDump(target: string): Promise<void> {
    const args = ['clone-releases', '--from', from, '--to', to, '--save-dump', target, '--json']
    const result = await runFailing(
      args,
      { exitCode: 2, says: [target, 'cannot be written'] },
      { env: environmentOf(sandbox) },
    )
    expect(readError(result)).toMatchObject({ exitCode: 2 })
    expect(await readContents(sandbox, to)).toEqual(NOTHING)
  }
})

it('is saved without a word where nothing is wrong', async () => {
  const [from, to] = [await createModel(sandbox), await createModel(sandbox)]
  await createRelease(sandbox, from, '1.0.0')
  const args = ['clone-releases', '--quiet', '--from', from, '--to', to, '--save-dump', 'dump.json']
  expect(await runCli(args, { env: environmentOf(sandbox), cwd: directory })).toMatchObject({ exitCode: 0, stderr: '' })
})

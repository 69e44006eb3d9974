import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/lib/sandbox/index.js'
import { startWatchingProxy, type Watcher } from '../support/watching-proxy.js'
import { runCli, signalGroup, type CliOptions } from './cli.js'
import { createModel, createRelease, environmentOf, expectNoKeys, listModels, runFailing } from './failures.js'
import { basicAuth, callApi, readReleases } from './read-instance.js'

interface Scan {
  scanner: string
  state: string
  afterMs?: number
  summary: string[]
}

interface Result {
  target: { modelId: string; isNew: boolean }
  releases: { label: string; semver: string; files: number }[]
  skipped: { shownPath: string; reason: string }[]
  renamed: { path: string; name: string }[]
  scanning: string
  following?: { polls: number; failedPolls: number; waitedMs?: number }
  scanners: { scanner: string; files: number; states: Record<string, number>; times?: { count: number; max: number } }[]
  notable: { path?: string; name: string; scanner: string; state: string }[]
  files: { name: string; scans: Scan[] }[]
  findings: { subject: string; message: string }[]
  run: { planned: string[]; failed: { key: string; message: string }[] }
}

const FAST = { waitMs: 50, baseMs: 100, perMebibyteMs: 10 }
const NEVER = { waitMs: 3_600_000 }
const QUICK = ['--interval', '100ms']

let directory: string
const sandboxes: Sandbox[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-scanners-'))
})

afterEach(async () => {
  await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.close()))
  await rm(directory, { recursive: true })
})

async function start(scanners: SandboxOptions['scanners'] | 'none' = FAST): Promise<Sandbox> {
  const sandbox = await startSandbox(scanners === 'none' ? {} : { scanners })
  sandboxes.push(sandbox)
  return sandbox
}

async function write(name: string, content: string | Buffer = 'x'): Promise<void> {
  const path = join(directory, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content)
}

async function scan(sandbox: Sandbox, args: readonly string[], options: CliOptions & { url?: string } = {}) {
  const env = environmentOf({ ...sandbox, url: options.url ?? sandbox.url })
  const mark = sandbox.requests.length
  const result = await runCli(['scanners', '--json', ...args], { ...options, env, cwd: directory })
  expectNoKeys(result, env)
  const requests = sandbox.requests.slice(mark).map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`)
  return { ...result, result: JSON.parse(result.stdout) as Result, requests }
}

function changing(requests: readonly string[]): string[] {
  return requests.filter((request) => !/^(GET|HEAD|OPTIONS) /.test(request))
}

interface StoredFile {
  _id: string
  name: string
  size: number
  scanResults: { toolName: string; state: string }[]
}

async function readScannedFiles(sandbox: Sandbox, modelId: string): Promise<StoredFile[]> {
  return (await callApi<{ files: StoredFile[] }>(sandbox, 'GET', `/api/v2/model/${modelId}/files`)).files
}

async function download(sandbox: Sandbox, modelId: string, fileId: string): Promise<Buffer> {
  const url = `${sandbox.url}/api/v2/model/${modelId}/file/${fileId}/download`
  return Buffer.from(await (await fetch(url, { headers: { authorization: basicAuth(sandbox) } })).arrayBuffer())
}

function statesOf({ files }: Result): Record<string, string[]> {
  return Object.fromEntries(files.map(({ name, scans }) => [name, scans.map(({ state }) => state)]))
}

describe('an upload', () => {
  it('makes a release for each path with the bytes of its files, and follows the scanners to their ends', async () => {
    const sandbox = await start()
    const large = Buffer.alloc(3_000_000, 'abcdefg')
    await write('models/one/weights.bin', large)
    await write('models/notes.txt', 'some notes')
    await write('single.bin', 'single')

    const { result, exitCode, stderr, requests } = await scan(sandbox, ['models', 'single.bin', ...QUICK])

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const { modelId } = result.target
    const releases = await readReleases(sandbox, modelId)
    expect(releases.map(({ semver, notes, files }) => [semver, notes, files.map(({ name }) => name)])).toEqual([
      ['1.0.0', 'Uploaded by bailo-exp scanners: models', ['notes.txt', 'weights.bin']],
      ['1.1.0', 'Uploaded by bailo-exp scanners: single.bin', ['single.bin']],
    ])
    const stored = await readScannedFiles(sandbox, modelId)
    expect(stored.flatMap(({ scanResults }) => scanResults.map(({ state }) => state))).toEqual(
      Array(6).fill('complete'),
    )
    const weights = stored.find(({ name }) => name === 'weights.bin')
    expect((await download(sandbox, modelId, weights?._id ?? '')).equals(large)).toBe(true)

    expect(result.scanning).toBe('followed')
    expect(result.scanners).toMatchObject([
      { scanner: 'Clam AV', files: 3, states: { clean: 3, unfinished: 0 }, times: { count: 3 } },
      { scanner: 'ModelScan', files: 3, states: { clean: 3 }, times: { count: 3 } },
    ])
    // What the sandbox's scanners take at least, and what the interval and a busy machine may add.
    for (const { scans } of result.files) {
      for (const { afterMs } of scans) expect(afterMs).toBeGreaterThanOrEqual(100)
    }
    // One listing per interval for all files, one before the first upload, one for the check at the end; none per file.
    const listings = requests.filter((request) => request === `GET /api/v2/model/${modelId}/files`)
    expect(listings).toHaveLength((result.following?.polls ?? 0) + 2)
    expect(requests.filter((request) => /\/file\//.test(request))).toEqual([])
    expect(requests.filter((request) => /^GET .*\/releases$/.test(request))).toHaveLength(1)
  })

  it('makes a release for each sub-directory, after the highest version that is there', async () => {
    const sandbox = await start()
    const modelId = await createModel(sandbox)
    await createRelease(sandbox, modelId, '2.3.4')
    for (const name of ['a/x', 'b/deep/x', 'beside']) await write(`models/${name}`)
    const args = ['models', '--per-subdirectory', '--no-wait', '--model', modelId]
    const { result, exitCode } = await scan(sandbox, args)
    expect(exitCode).toBe(0)
    expect(result.releases).toEqual([
      { label: 'models', semver: '2.4.0', files: 1 },
      { label: 'models/a', semver: '2.5.0', files: 1 },
      { label: 'models/b', semver: '2.6.0', files: 1 },
    ])
    expect((await readReleases(sandbox, modelId)).map(({ semver }) => semver)).toEqual([
      '2.3.4',
      '2.4.0',
      '2.5.0',
      '2.6.0',
    ])
  })

  it('tells files of one name apart, with a note, and keeps odd names as they are', async () => {
    const sandbox = await start()
    const odd = 'new\nline \u001b[31mred'
    for (const name of ['a/x.bin', 'b/x.bin', '..dots', odd]) await write(`models/${name}`, name)
    const { stderr, result, exitCode } = await scan(sandbox, ['models', '--no-wait'])
    expect(exitCode).toBe(0)
    expect(stderr).toBe('Note: A release takes each name once: models/b/x.bin becomes x-2.bin.\n')
    expect(result.renamed).toEqual([{ path: 'models/b/x.bin', name: 'x-2.bin' }])
    const stored = await readScannedFiles(sandbox, result.target.modelId)
    expect(stored.map(({ name }) => name).sort()).toEqual(['..dots', odd, 'x-2.bin', 'x.bin'].sort())
    const second = stored.find(({ name }) => name === 'x-2.bin')
    expect((await download(sandbox, result.target.modelId, second?._id ?? '')).toString()).toBe('b/x.bin')
  })

  it('says in which time it sent what, without that of waiting, and how late results may be seen', async () => {
    const sandbox = await start({ ...FAST, waitMs: 4000 })
    await write('models/a', 'x')
    const { stdout, exitCode } = await runCli(['scanners', 'models', '--interval', '100ms'], {
      env: environmentOf(sandbox),
      cwd: directory,
    })
    expect(exitCode).toBe(0)
    // A slow machine may need seconds to send a byte, but not as many as the scanners wait.
    expect(stdout).toMatch(/^1 B sent in (\d+ ms|[123]\.\d s \(\S+ B\/s\)), 0 retries$/m)
    const text = stdout.replace(/\s+/g, ' ')
    expect(text).toContain('The server was asked every 100 ms, so each may be up to 100 ms too long.')
  })

  it('shows odd names without letting them take effect', async () => {
    const sandbox = await start()
    await write('models/eicar \u001b[31mred\nline', 'x')
    const { stdout, stderr } = await runCli(['scanners', 'models', ...QUICK], {
      env: environmentOf(sandbox),
      cwd: directory,
    })
    for (const output of [stdout, stderr]) {
      expect(output).toContain('eicar \\u{1b}[31mred line')
      // eslint-disable-next-line no-control-regex
      expect(output).not.toMatch(/\u001b/)
    }
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it.skipIf(process.platform === 'win32')('names and counts what it leaves out, and takes the rest', async () => {
    const sandbox = await start()
    await write('models/file')
    await write('models/zero', '')
    await write('secret', 'secret')
    await mkdir(join(directory, 'models', 'empty'))
    await symlink('../secret', join(directory, 'models', 'link'))
    execFileSync('mkfifo', [join(directory, 'models', 'pipe')])
    const { result, stderr, exitCode } = await scan(sandbox, ['models', '--no-wait'])
    expect(exitCode).toBe(0)
    expect(result.skipped.map(({ shownPath, reason }) => [shownPath, reason])).toEqual([
      ['models/empty', 'empty-directory'],
      ['models/link', 'link'],
      ['models/pipe', 'special'],
      ['models/zero', 'empty-file'],
    ])
    expect(stderr).toBe('Note: Left out: models/empty is an empty directory, and 3 more.\n')
    expect((await readScannedFiles(sandbox, result.target.modelId)).map(({ name }) => name)).toEqual(['file'])
  })

  // Root may read everything, so a name that cannot be opened stands in for a file that must not be.
  it.skipIf(process.platform !== 'linux')('ends with 1 for what cannot be read, and takes the rest', async () => {
    const sandbox = await start()
    await write('models/file')
    await writeFile(Buffer.concat([Buffer.from(`${directory}/models/`), Buffer.from([0x61, 0xff])]), 'x')
    const { result, exitCode, stderr } = await scan(sandbox, ['models', '--no-wait'])
    expect(exitCode).toBe(1)
    expect(result.findings).toMatchObject([{ subject: 'models/a\uFFFD', message: 'has a name that is not UTF-8' }])
    expect(stderr).toContain('Error: Not as asked for in')
    expect(result.releases).toMatchObject([{ files: 1 }])
  })

  it('fails for a file that grows while it is uploaded, and makes no release of it', async () => {
    const sandbox = await start()
    await write('models/growing.bin', Buffer.alloc(30_000_000, 'x'))
    await write('models/other.bin')
    const watch: Watcher = async ({ line, query }) => {
      if (line.endsWith('/upload/simple') && query.includes('growing')) {
        await appendFile(join(directory, 'models', 'growing.bin'), 'more')
      }
    }
    const { result, exitCode, stderr } = await scan(sandbox, ['models', ...QUICK], {
      url: await startWatchingProxy(sandbox.url, watch),
    })
    expect(exitCode).toBe(4)
    expect(result.run.failed.map(({ key }) => key)).toEqual(['file models/growing.bin'])
    expect(result.run.failed[0]?.message).toMatch(/changed from 30000000 to 30000004 bytes meanwhile/)
    expect(stderr).toContain('wait until nothing writes to the file')
    expect(await readReleases(sandbox, result.target.modelId)).toEqual([])
    expect((await readScannedFiles(sandbox, result.target.modelId)).map(({ name }) => name)).toEqual(['other.bin'])
  })

  it('changes nothing in a dry run', async () => {
    const sandbox = await start()
    await write('models/a/x')
    const { result, exitCode, requests } = await scan(sandbox, ['models', '--dry-run'])
    expect(exitCode).toBe(0)
    expect(changing(requests)).toEqual([])
    expect(result.run.planned).toEqual(['model Scanners', 'card new-model', 'file models/a/x', 'release models'])
    expect(await listModels(sandbox)).toEqual([])
  })
})

describe('results', () => {
  async function writeSamples(): Promise<void> {
    for (const name of ['clean.bin', 'eicar.com', 'error.bin', 'skip.bin']) await write(`models/${name}`)
  }

  it('of bad files and failed scans are rows, and end with 1', async () => {
    const sandbox = await start()
    await writeSamples()
    const { result, exitCode, stderr } = await scan(sandbox, ['models', ...QUICK])
    expect(exitCode).toBe(1)
    expect(statesOf(result)).toEqual({
      'clean.bin': ['clean', 'clean'],
      'eicar.com': ['bad', 'clean'],
      'error.bin': ['error', 'error'],
      'skip.bin': ['skipped', 'skipped'],
    })
    expect(result.notable.map(({ path, scanner, state }) => [path, scanner, state])).toEqual([
      ['models/eicar.com', 'Clam AV', 'bad'],
      ['models/error.bin', 'Clam AV', 'error'],
      ['models/error.bin', 'ModelScan', 'error'],
    ])
    expect(result.findings).toHaveLength(3)
    expect(stderr).toContain(
      'file models/eicar.com was found bad by Clam AV: Eicar-Test-Signature (critical) (and 2 more)',
    )
  })

  it.each([
    ['never', 0],
    ['unfinished', 0],
    ['error,unfinished', 1],
    ['bad', 1],
  ])('end as --fail-on %s says: with %i', async (states, expected) => {
    const sandbox = await start()
    await writeSamples()
    const { result, exitCode } = await scan(sandbox, ['models', '--fail-on', states, ...QUICK])
    expect(exitCode).toBe(expected)
    expect(result.notable).toHaveLength(3)
  })

  it('that do not come are waited for no longer than --wait', async () => {
    const sandbox = await start(NEVER)
    await write('models/file')
    const { result, exitCode } = await scan(sandbox, ['models', '--wait', '500ms', ...QUICK])
    expect(exitCode).toBe(1)
    expect(result.following?.waitedMs).toBeGreaterThanOrEqual(500)
    expect(result.following?.waitedMs).toBeLessThan(5000)
    expect(result.notable.map(({ scanner, state }) => [scanner, state])).toEqual([
      ['Clam AV', 'unfinished'],
      ['ModelScan', 'unfinished'],
    ])
    expect(result.scanners[0]).not.toHaveProperty('times')
  })

  it('come through listings that fail for a while', async () => {
    const sandbox = await start()
    await write('models/file')
    // The first one is read before the first upload.
    const watch: Watcher = ({ line, count }) =>
      /^GET .*\/files$/.test(line) && count >= 2 && count <= 4 ? 500 : undefined
    const { result, exitCode, stderr } = await scan(sandbox, ['models', ...QUICK], {
      url: await startWatchingProxy(sandbox.url, watch),
    })
    expect(exitCode).toBe(0)
    expect(result.following).toMatchObject({ failedPolls: 3 })
    expect(stderr).toMatch(/^Note: The files could not be listed, which is tried again: .*\n$/)
    expect(statesOf(result)).toEqual({ file: ['clean', 'clean'] })
  })

  /** Interrupts a run at its first look at the scanners after its release was made. */
  async function scanUntilInterrupt(sandbox: Sandbox, args: readonly string[]) {
    let interrupt = (): void => undefined
    let isReleased = false
    const watch: Watcher = ({ line }) => {
      isReleased ||= /^POST .*\/releases$/.test(line)
      if (!isReleased || !/^GET .*\/files$/.test(line)) return
      interrupt()
      interrupt = () => undefined
    }
    const url = await startWatchingProxy(sandbox.url, watch)
    const onStart: CliOptions['onStart'] = (child) => (interrupt = () => signalGroup(child, 'SIGINT'))
    return { url, ...(await scan(sandbox, args, { url, onStart })) }
  }

  it('are waited for until an interrupt, which ends the wait and still prints what was seen', async () => {
    const sandbox = await start(NEVER)
    await write('models/file')
    const { result, exitCode, stderr } = await scanUntilInterrupt(sandbox, ['models', '--interval', '2s'])
    expect(exitCode).toBe(130)
    expect(stderr).toContain('Stopped by SIGINT')
    expect(result.scanning).toBe('followed')
    expect(result.findings).toEqual([])
    expect(await readReleases(sandbox, result.target.modelId)).toHaveLength(1)
  })

  it('are waited for again by the run that is continued, which uploads nothing twice', async () => {
    const sandbox = await start({ ...FAST, waitMs: 4000 })
    await write('models/file')
    const record = ['--state-dir', join(directory, 'state')]
    const { url } = await scanUntilInterrupt(sandbox, ['models', ...QUICK, ...record])
    const { result, exitCode, requests } = await scan(sandbox, ['--resume', 'last', ...record], { url })
    expect(exitCode).toBe(0)
    expect(changing(requests)).toEqual([])
    expect(statesOf(result)).toEqual({ file: ['clean', 'clean'] })
    // When the upload ended is not known any more.
    expect(result.scanners[0]).not.toHaveProperty('times')
  })

  it('are not asked for with --no-wait', async () => {
    const sandbox = await start(NEVER)
    await write('models/file')
    const { result, exitCode, requests } = await scan(sandbox, ['models', '--no-wait'])
    expect(exitCode).toBe(0)
    expect(result.scanning).toBe('not-asked')
    expect(requests.filter((request) => request.includes('filescanning'))).toEqual([])
  })
})

describe('without scanners', () => {
  it.each([
    [[], 1],
    [['--fail-on', 'bad'], 0],
  ])('says so at once instead of waiting, with %j and exit code %i', async (args, expected) => {
    const sandbox = await start('none')
    await write('models/file')
    const { result, exitCode, stderr, requests } = await scan(sandbox, ['models', ...args])
    expect(exitCode).toBe(expected)
    expect(stderr).toContain(
      `Note: The instance at ${sandbox.url} has no scanner of files: nothing is scanned or waited for.`,
    )
    expect(result.scanning).toBe('no-scanners')
    expect(result.releases).toHaveLength(1)
    // Before the first upload and for the check at the end: nothing is polled.
    expect(requests.filter((request) => /^GET .*\/files$/.test(request))).toHaveLength(2)
    // Before anything is made.
    const info = requests.indexOf('GET /api/v2/filescanning/info')
    expect(info).toBeGreaterThanOrEqual(0)
    expect(requests.findIndex((request) => request.startsWith('POST '))).toBeGreaterThan(info)
  })

  it('has nothing scanned again', async () => {
    const sandbox = await start('none')
    await write('models/file')
    const { result } = await scan(sandbox, ['models', '--no-wait'])
    const again = await scan(sandbox, ['--rescan', '--model', result.target.modelId])
    expect(again.exitCode).toBe(1)
    expect(changing(again.requests)).toEqual([])
  })
})

describe('a rescan', () => {
  it('has each finished file scanned again, and takes no result of before for its own', async () => {
    const sandbox = await start({ ...FAST, waitMs: 300 })
    for (const name of ['a', 'eicar']) await write(`models/${name}`)
    const { result: first } = await scan(sandbox, ['models', ...QUICK])
    const { modelId } = first.target
    const path = `/api/v2/model/${modelId}/files/upload/multipart/start`
    await callApi(sandbox, 'POST', path, { name: 'leftover', size: 5 })

    const { result, exitCode, requests } = await scan(sandbox, ['--rescan', '--model', modelId, ...QUICK])

    expect(exitCode).toBe(1)
    expect(changing(requests)).toHaveLength(2)
    expect(changing(requests).every((request) => /^PUT .*\/filescanning\/model\/.*\/scan$/.test(request))).toBe(true)
    expect(statesOf(result)).toEqual({ a: ['clean', 'clean'], eicar: ['bad', 'clean'] })
    for (const { scans } of result.files) for (const { afterMs } of scans) expect(afterMs).toBeGreaterThanOrEqual(300)
    expect(result.releases).toEqual([])
  })

  it('that the instance refuses is a failed step', async () => {
    const sandbox = await start({ ...FAST, rescanDelayMinutes: 60 })
    await write('models/a')
    const { result: first } = await scan(sandbox, ['models', ...QUICK])
    const { exitCode, stderr } = await scan(sandbox, ['--rescan', '--model', first.target.modelId, ...QUICK])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('Please wait 60 minutes before attempting a rescan')
  })

  it('changes nothing in a dry run', async () => {
    const sandbox = await start()
    await write('models/a')
    const { result: first } = await scan(sandbox, ['models', ...QUICK])
    const { requests, result } = await scan(sandbox, ['--rescan', '--dry-run', '--model', first.target.modelId])
    expect(changing(requests)).toEqual([])
    expect(result.run.planned).toEqual([expect.stringMatching(/^rescan [0-9a-f]{24} a$/)])
  })
})

describe('wrong usage', () => {
  it.each([
    ['no path', [], ['No path is named']],
    ['a path that is not there', ['nope'], [/nope does not exist/]],
    ['an empty directory', ['empty'], [/nothing to upload: empty is an empty directory/]],
    ['an empty file', ['zero'], [/nothing to upload: zero is an empty file/]],
    ['a device', ['/dev/null'], [/\/dev\/null is a device/]],
    ['a path of an odd name', ['no\u001b[31m\npe'], [/no\\u\{1b\}\[31m pe does not exist/]],
    ['the same path twice', ['file', './file'], [/file and \.\/file are the same/]],
    ['an interval of nothing', ['file', '--interval', '0'], [/without a pause/]],
    ['a negative interval', ['file', '--interval=-1s'], [/not a duration/]],
    ['a wait of no unit', ['file', '--wait', '30'], [/has no unit/]],
    ['a state that there is none of', ['file', '--fail-on', 'bad,ugly'], [/"ugly" is nothing to fail on/]],
    ['paths to be scanned again', ['file', '--rescan', '--model', 'm'], [/takes no paths/]],
    ['a rescan of no model', ['--rescan'], [/No model is named/, /SCANNERS_MODEL_ID/]],
    ['a model that is not there', ['file', '--model', 'nope-abcdef'], [/requested entry was not found/]],
  ])('by %s is said, and makes nothing', async (_what, args, says) => {
    const sandbox = await start()
    await write('file')
    await write('zero', '')
    await mkdir(join(directory, 'empty'))
    await runFailing(['scanners', ...args], { exitCode: 2, says }, { env: environmentOf(sandbox), cwd: directory })
    expect(await listModels(sandbox)).toEqual([])
  })

  it('by a data card as the model is said', async () => {
    const sandbox = await start()
    await write('file')
    const env = environmentOf(sandbox)
    const modelId = await createModel(sandbox, 'data-card')
    const args = ['scanners', 'file', '--model', modelId]
    await runFailing(args, { exitCode: 2, says: [/is a data-card/] }, { env, cwd: directory })
  })
})

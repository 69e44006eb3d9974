import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli, type CliOptions, type CliResult } from './cli.js'
import { createModel, environmentOf, expectFailure, expectNoKeys, readError, type Environment } from './failures.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'
import { callApi, readFiles, readReleases } from './read-instance.js'

interface Result {
  destination: { modelId: string }
  run: { id: string; resume?: string; steps: { kind: string; done: number; skipped: number }[] }
  comparison?: { releases: number; differences: unknown[] }
}

let directory: string
let stateDir: string
let sandbox: Sandbox
let env: Environment

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-resume-'))
  stateDir = join(directory, 'state')
  sandbox = await startSandbox()
  env = environmentOf(sandbox)
})

afterEach(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

/** Saves a list of releases to copy: two that share a file, with a file of its own each. */
async function writeDump(name = 'dump.json'): Promise<string> {
  const file = (digit: string, size: number) => ({ _id: digit.repeat(24), name: `${digit}.bin`, size })
  const releases = [
    { semver: '1.0.0', notes: 'n', files: [file('a', 1000), file('c', 500)] },
    { semver: '2.0.0', notes: 'n', files: [file('a', 1000), file('b', 2000)] },
  ]
  const path = join(directory, name)
  await writeFile(path, JSON.stringify({ releases }))
  return path
}

function run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['clone-releases', ...args, '--state-dir', stateDir], { cwd: directory, env, ...options })
}

/** Runs until the release with this number is about to be made, and kills the process then. */
async function runAndKill(args: readonly string[], releaseNumber = 1): Promise<void> {
  // An existing destination is asked about each of the two versions first.
  const before = (args.includes('--to') ? 2 : 0) + releaseNumber - 1
  await setFaults(sandbox, [`release-create after=${before} delay=1m`])
  const { signal } = await run(args, {
    onStart: (child) => {
      const watch = setInterval(() => {
        void readFaults(sandbox).then(([rule]) => {
          if (rule?.hits === 0 && child.exitCode === null) return
          clearInterval(watch)
          child.kill('SIGKILL')
        })
      }, 20)
    },
  })
  expect(signal).toBe('SIGKILL')
  await clearFaults(sandbox)
}

async function listJournals(): Promise<string[]> {
  const names = await readdir(stateDir).catch(() => [])
  return names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length))
}

describe('a run that was killed', () => {
  it('goes on with its own flags, makes only the rest, and ends as if nothing had happened', async () => {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    await runAndKill(['--from-file', dump, '--to', to, '--no-images'])
    const [id = ''] = await listJournals()

    const { stdout, stderr, exitCode } = await run(['--resume', id, '--json'])

    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
    const result = JSON.parse(stdout) as Result
    expect(result.run.id).toBe(id)
    expect(result.destination.modelId).toBe(to)
    expect(result.comparison).toMatchObject({ releases: 2, differences: [] })
    expect(result.run.steps.find(({ kind }) => kind === 'file')?.skipped).toBeGreaterThan(0)
    expect((await readFiles(sandbox, to)).map(({ name }) => name).sort()).toEqual(['a.bin', 'b.bin', 'c.bin'])
    expect((await readReleases(sandbox, to)).map(({ semver }) => semver)).toEqual(['1.0.0', '2.0.0'])
  })

  it('is found as the last one, keeps the id in the names that it makes, and its journal to its owner', async () => {
    const dump = await writeDump()
    await runAndKill(['--from-file', dump, '--no-images'])
    const [id = ''] = await listJournals()

    const { stdout, exitCode } = await run(['--resume', 'last', '--json'])

    expect(exitCode).toBe(0)
    const { destination } = JSON.parse(stdout) as Result
    const { model } = await callApi<{ model: { name: string } }>(sandbox, 'GET', `/api/v2/model/${destination.modelId}`)
    expect(model.name).toBe(`Clone of releases ${id}`)
    const { models } = await callApi<{ models: unknown[] }>(sandbox, 'GET', '/api/v2/models/search')
    expect(models).toHaveLength(1)
    if (process.platform !== 'win32') {
      expect((await stat(join(stateDir, `${id}.jsonl`))).mode & 0o777).toBe(0o600)
      expect((await stat(stateDir)).mode & 0o777).toBe(0o700)
    }
    expect((await readdir(stateDir)).filter((name) => !name.endsWith('.jsonl'))).toEqual([])
  })

  it('may be continued at another pace, and says so when it is done again', async () => {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    await runAndKill(['--from-file', dump, '--to', to, '--no-images', '--concurrency', '2'])

    const first = await run(['--resume', 'last', '--concurrency', '3', '--quiet', '--max-retries', '1'])
    const again = await run(['--resume', 'last'])

    expect(first.exitCode).toBe(0)
    expect(first.stdout).toMatch(/made\s+made before\s+there already\s+failed/)
    expect(again.exitCode).toBe(0)
    expect(again.stderr).toContain('had come to its end')
    expect(again.stdout).toContain('Identical to the source')
    expect(await readFiles(sandbox, to)).toHaveLength(3)
  })

  it('looks at the server as well: what was deleted meanwhile is made again', async () => {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    await runAndKill(['--from-file', dump, '--to', to, '--no-images', '--concurrency', '1'])
    const before = await readFiles(sandbox, to)
    const lost = before.find(({ name }) => name === 'b.bin')
    await callApi(sandbox, 'DELETE', `/api/v2/model/${to}/file/${lost?._id ?? ''}`)

    const { exitCode } = await run(['--resume', 'last'])

    expect(exitCode).toBe(0)
    expect((await readFiles(sandbox, to)).map(({ name }) => name).sort()).toEqual(['a.bin', 'b.bin', 'c.bin'])
  })

  it('lists in a dry run what is still to be made', async () => {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    await runAndKill(['--from-file', dump, '--to', to, '--no-images', '--concurrency', '1'])
    const [id = ''] = await listJournals()
    const before = await readFile(join(stateDir, `${id}.jsonl`), 'utf8')

    const { stdout, exitCode } = await run(['--resume', 'last', '--dry-run', '--json'])

    expect(exitCode).toBe(0)
    const { run: report } = JSON.parse(stdout) as { run: { planned: string[] } }
    expect(report.planned).toContain('release 2.0.0')
    expect(report.planned.filter((key) => key.startsWith('file '))).toEqual([])
    expect(await readFile(join(stateDir, `${id}.jsonl`), 'utf8')).toBe(before)
  })

  it('is not hindered by half a line', async () => {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    await runAndKill(['--from-file', dump, '--to', to, '--no-images'])
    const [id = ''] = await listJournals()
    await appendFile(join(stateDir, `${id}.jsonl`), '{"type":"done","key":"release 9')

    expect((await run(['--resume', id])).exitCode).toBe(0)

    const lines = (await readFile(join(stateDir, `${id}.jsonl`), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type).at(-1)).toBe('end')
    expect(lines.join('\n')).not.toContain('release 9')
  })
})

describe('resuming is refused', () => {
  /** A run that was killed, and its id. */
  async function killed(): Promise<{ id: string; to: string; dump: string }> {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    await runAndKill(['--from-file', dump, '--to', to, '--no-images'])
    const [id = ''] = await listJournals()
    return { id, to, dump }
  }

  it('with flags that would make another run of it, naming both', async () => {
    const { id, to, dump } = await killed()
    for (const [flags, says] of [
      [['--seed', 'other'], /--seed=other does not fit: the run .* was started with --seed="bailo-exp"/],
      [['--images'], /--images does not fit: .* --no-images/],
      [['--to', 'x-abc123'], new RegExp(`--to=x-abc123 does not fit: .* --to=${to}`)],
      [['--semver', '1'], /--semver=1 does not fit: .* no --semver/],
    ] as const) {
      const result = await run(['--resume', id, ...flags])
      expectFailure(result, { exitCode: 2, says: [says] })
    }
    const same = await run(['--resume', id, '--from-file', dump, '--no-images', '--fill', 'noise'])
    expect(same.exitCode).toBe(0)
  })

  it('with an unknown run, none at all, and one of another directory', async () => {
    await killed()
    const unknown = await run(['--resume', '22222222', '--json'])
    expectFailure(unknown, { exitCode: 2, says: ['There is no run 22222222', 'runs list'] })
    expect(readError(unknown).exitCode).toBe(2)
    expectFailure(await run(['--resume', '../../x']), { exitCode: 2, says: ['There is no run ../../x'] })
    const elsewhere = join(directory, 'else where')
    await mkdir(elsewhere)
    expectFailure(await run(['--resume', 'last'], { cwd: elsewhere }), {
      exitCode: 2,
      says: [`Try: cd ${directory} && bailo-exp clone-releases --resume `],
    })
    stateDir = join(directory, 'nothing')
    expectFailure(await run(['--resume', 'last']), { exitCode: 2, says: ['There is no run of clone-releases'] })
  })

  it('on another instance, or in another model', async () => {
    const { id } = await killed()
    const other = await startSandbox()
    try {
      expectFailure(await run(['--resume', id], { env: environmentOf(other) }), {
        exitCode: 2,
        says: [`was made at ${sandbox.url}, and the settings now name ${other.url}`],
      })
    } finally {
      await other.close()
    }
  })

  it('with a damaged journal, whose line is named', async () => {
    const { id } = await killed()
    const file = join(stateDir, `${id}.jsonl`)
    const lines = (await readFile(file, 'utf8')).split('\n')
    for (const [line, says] of [
      ['{"type":', 'is not JSON'],
      ['[]', 'no JSON object'],
      ['{"type":"later"}', 'does not know'],
      ['{"type":"done","key":7}', 'its key is no text'],
      ['{"type":"done","key":"file x"}', 'has not begun'],
      ['{"__proto__":{"type":"started","key":"x"}}', 'its type is no text'],
      [`{"type":"started","key":"${'x'.repeat(2_000_000)}"}`, 'far too long'],
    ] as const) {
      await writeFile(file, [...lines.slice(0, 2), line, ...lines.slice(2)].join('\n'))
      expectFailure(await run(['--resume', id]), {
        exitCode: 2,
        says: [`Line 3 of the journal ${file} is damaged`, says],
      })
    }
  })
})

describe('a run', () => {
  it('that makes nothing leaves no journal', async () => {
    const dump = await writeDump()
    const to = await createModel(sandbox)
    expect((await run(['--from-file', dump, '--to', to, '--no-images', '--dry-run'])).exitCode).toBe(0)
    const keys = { ...env, SECRET_KEY: 'BSK_not-the-one' }
    expect((await run(['--from-file', dump, '--to', to, '--no-images'], { env: keys })).exitCode).toBe(3)
    expect(await listJournals()).toEqual([])
    expect((await run(['--from-file', dump, '--to', to, '--no-images'])).exitCode).toBe(0)
    expect(await listJournals()).toHaveLength(1)
    expect((await run(['--from-file', dump, '--to', to, '--no-images'])).exitCode).toBe(0)
    expect(await listJournals()).toHaveLength(1)
  })

  it('has no keys in its journal', async () => {
    const dump = await writeDump()
    await run(['--from-file', dump, '--no-images'])
    const [id = ''] = await listJournals()
    const stdout = await readFile(join(stateDir, `${id}.jsonl`), 'utf8')
    expect(stdout).toContain('"type":"end"')
    expectNoKeys({ stdout, stderr: '', exitCode: 0, signal: null }, env)
  })

  it('that two processes want is refused to the second', async () => {
    await sandbox.close()
    sandbox = await startSandbox({ discard: true })
    env = environmentOf(sandbox)
    const path = join(directory, 'big.json')
    const file = { _id: 'a'.repeat(24), name: 'a.bin', size: 400_000_000_000 }
    await writeFile(path, JSON.stringify({ releases: [{ semver: '1.0.0', notes: 'n', files: [file] }] }))
    let second: Promise<CliResult> | undefined
    const first = await run(['--from-file', path, '--no-images', '--multipart', 'never', '--grace', '0'], {
      onStart: (child) => {
        const watch = setInterval(() => {
          if (sandbox.requests.every(({ path: url }) => !url.includes('/upload/simple')) && child.exitCode === null)
            return
          clearInterval(watch)
          second = run(['--resume', 'last']).finally(() => child.kill('SIGTERM'))
        }, 5)
      },
    })
    expectFailure((await second) as CliResult, { exitCode: 2, says: [/The run \w{8} is in use by process \d+/] })
    expect(first.exitCode).toBe(130)
    expect(first.stderr).toMatch(/Try: bailo-exp clone-releases --resume \w{8} --state-dir=/)
  })
})

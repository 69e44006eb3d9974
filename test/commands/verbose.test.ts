import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseFaultRule, startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { createModel, createRelease, environmentOf, expectNoKeys, runFailing } from './failures.js'

/** What `--verbose` says of an attempt of a request. */
const ATTEMPT =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ([A-Z]+) (http:\S+) (no answer|\d{3}) \((?:\d+ ms|[\d.]+ s)(?:, body [\d.]+ [KM]?i?B)?\)(?: (.+))?$/

interface Attempt {
  readonly request: string
  readonly status: string
  readonly reason: string | undefined
}

let sandbox: Sandbox
let env: Readonly<Record<string, string>>
let source: string
let directory: string

beforeAll(async () => {
  sandbox = await startSandbox()
  env = environmentOf(sandbox)
  source = await createModel(sandbox)
  await createRelease(sandbox, source, '1.0.0')
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-verbose-'))
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

afterEach(() => sandbox.injectFaults([]))

function readAttempts(stderr: string): Attempt[] {
  return stderr.split('\n').flatMap((line) => {
    const [, method = '', url = '', status = '', reason] = ATTEMPT.exec(line) ?? []
    return method === '' ? [] : [{ request: `${method} ${url.replace(sandbox.url, '')}`, status, reason }]
  })
}

/** What the sandbox itself says that it was asked, in no order. */
function readServed(): string[] {
  return sandbox.requests.map(({ method, path: target, status }) => `${method} ${target} ${status}`).sort()
}

/** The state of a registry's upload is long and says nothing; `--verbose` leaves it out. */
function withoutState(request: string): string {
  return request.replace(/_state=[^& ]*/, '_state=...')
}

describe('--verbose', () => {
  it('has a line on stderr for each request that the server was sent, and says nothing of keys', async () => {
    sandbox.forgetRequests()
    const upload = ['concurrent-file-uploads', '--count', '3', '--size', '2KiB', '--verbose']
    const { stdout, stderr, exitCode } = await runCli(upload, { env })
    expect(exitCode).toBe(0)
    expectNoKeys({ stdout, stderr, exitCode, signal: null }, env)
    const attempts = readAttempts(stderr)
    expect(attempts.map(({ request, status }) => `${request} ${status}`).sort()).toEqual(readServed())
    expect(attempts).not.toEqual([])
    // And nothing besides these lines.
    expect(stderr.trimEnd().split('\n')).toHaveLength(attempts.length)
    expect(stderr).toMatch(/ POST http:\S+\/upload\/simple\?name=\S+ 200 \(.*, body 2 KiB\)$/m)
  })

  it('shows requests to the registry as they were sent, but for the state of an upload', async () => {
    sandbox.forgetRequests()
    const push = ['push-image', `${source}/app`, '--size', '10KiB', '--verbose']
    const { stderr, exitCode } = await runCli(push, { env })
    expect(exitCode).toBe(0)
    const shown = readAttempts(stderr).map(({ request, status }) => `${request} ${status}`)
    expect(shown.sort()).toEqual(readServed().map(withoutState).sort())
    expect(shown.join('\n')).toMatch(/PATCH \/v2\/\S+_state=\.\.\. 202/)
  })

  it('says what failed, why, and when it is tried again', async () => {
    const rules = ['release-list x1 status=503', 'release-list x1 lost']
    sandbox.injectFaults(rules.map((rule) => parseFaultRule(rule)))
    const args = ['clone-releases', '--from', source, '--dry-run', '--verbose']
    const { stderr, exitCode } = await runCli(args, { env })
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
    const attempts = readAttempts(stderr).filter(({ request }) => request === `GET /api/v2/model/${source}/releases`)
    expect(attempts.map(({ status }) => status)).toEqual(['503', 'no answer', '200'])
    expect(attempts.map(({ reason }) => reason)).toEqual([
      expect.any(String),
      'the connection was closed by the other side',
      undefined,
    ])
    const retries = [...stderr.matchAll(/^\S+Z again in (?:\d+ ms|[\d.]+ s) \(retry (\d) of 5\): (GET [^\s:]+)/gm)]
    const operation = 'GET /api/v2/model/{modelId}/releases'
    expect(retries.map(([, number, what]) => [number, what])).toEqual([
      ['1', operation],
      ['2', operation],
    ])
  })

  it('leaves stdout to the result', async () => {
    const args = ['clone-releases', '--from', source, '--dry-run']
    const [plain, verbose] = await Promise.all([
      runCli([...args, '--json'], { env }),
      runCli([...args, '--json', '--verbose'], { env }),
    ])
    expect(verbose.exitCode).toBe(0)
    const result = JSON.parse(verbose.stdout) as object
    expect(Object.keys(result)).toEqual(Object.keys(JSON.parse(plain.stdout) as object))
    expect(readAttempts(verbose.stderr)).not.toEqual([])
    expect(plain.stderr).toBe('')
  })

  it.each([
    [['doctor'], 'GET /v2/'],
    [['openapi', 'lint', '--live-responses', '--fail-on', 'never'], 'GET /api/v2/models/search'],
    [['openapi', 'pull', '--output', 'pulled.json'], 'GET /api/v2/api-docs/swagger.json'],
  ])('works with %j', async (args, request) => {
    const { stderr, exitCode } = await runCli([...args, '--verbose'], { env })
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
    expect(readAttempts(stderr).map((attempt) => attempt.request)).toContainEqual(expect.stringContaining(request))
  })

  it('of a sandbox shows what it is asked, and what it did not answer', async () => {
    const curls = ['/api/v2/models/search', '/nowhere'].map((target) => `curl -s -o out "$URL${target}"`)
    const command = ['sh', '-c', [...curls, 'true'].join('; ')]
    const rules = ['--fault', 'model-search x1 lost']
    const { stderr, exitCode } = await runCli(['sandbox', '--demo', '--verbose', ...rules, '--', ...command])
    expect(exitCode).toBe(0)
    const served = stderr.split('\n').filter((line) => /Z GET \//.test(line))
    expect(served).toHaveLength(2)
    expect(served[0]).toMatch(/^\S+Z GET \/api\/v2\/models\/search no answer \(\d+ ms\) broken off$/)
    expect(served[1]).toMatch(/^\S+Z GET \/nowhere 404 \(\d+ ms\)$/)
  })

  it('is no part of a run, which can be gone on with, or told of, without it', async () => {
    const state = ['--state-dir', path.join(directory, 'state')]
    const upload = ['concurrent-file-uploads', '--count', '2', '--size', '1', '--verbose', '--report', 'run.json']
    const { exitCode } = await runCli([...upload, ...state], { env, cwd: directory })
    expect(exitCode).toBe(0)
    const { stdout } = await runCli(['runs', 'show', 'last', '--json', ...state])
    expect((JSON.parse(stdout) as { args: string[] }).args).toEqual(['--count=2', '--size=1'])
    const resumed = await runCli(['concurrent-file-uploads', '--resume', 'last', '--verbose', ...state], {
      env,
      cwd: directory,
    })
    expect({ stderr: resumed.stderr, exitCode: resumed.exitCode }).toMatchObject({ exitCode: 0 })
    expect(readAttempts(resumed.stderr)).not.toEqual([])
  })

  it('cannot be asked for together with --quiet', async () => {
    const expected = { exitCode: 2, says: ['--quiet and --verbose cannot be used together'] }
    await runFailing(['doctor', '--verbose', '--quiet'], expected, { env })
  })
})

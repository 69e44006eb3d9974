import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Credentials } from '../../src/lib/config/credentials.js'
import { runDoctor, type DoctorResult } from '../../src/lib/doctor/index.js'
import { CHECKED_COMMANDS } from '../../src/lib/doctor/needs.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { startServer, type Reply, type Script } from '../support/scripted-server.js'
import { runCli } from './cli.js'
import { createToken, environmentOf, expectFailure, listModels } from './failures.js'
import { makeModel } from './plain-images.js'
import { callApi } from './read-instance.js'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})

afterEach(() => sandbox.close())

async function doctor(args: readonly string[], env: Record<string, string> = environmentOf(sandbox)) {
  const { stdout, stderr, exitCode } = await runCli(['doctor', '--json', ...args], { env })
  return { result: JSON.parse(stdout) as DoctorResult, stderr, exitCode }
}

function statuses({ checks }: DoctorResult): Record<string, string> {
  return Object.fromEntries(checks.map(({ id, status }) => [id, status]))
}

const detailOf = ({ checks }: DoctorResult, id: string) => checks.find((check) => check.id === id)?.detail

function changes(): string[] {
  return sandbox.requests
    .filter(({ method }) => !['GET', 'HEAD'].includes(method))
    .map(({ method, path }) => `${method} ${path}`)
}

describe('on an instance that is well', () => {
  it('finds all in order with few requests, changes nothing, and fits 80 columns', async () => {
    const { stdout, stderr, exitCode } = await runCli(['doctor'], { env: environmentOf(sandbox) })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^ok {4}reachable {6}Bailo's API answers, in \d+ ms$/m)
    expect(stdout).toMatch(/^note {2}scanners {7}none are set up/m)
    for (const command of CHECKED_COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} +ready`, 'm'))
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(sandbox.requests.length).toBeLessThanOrEqual(8)
    expect(changes()).toEqual([])
  })

  it('looks at no more than a command needs', async () => {
    const { result, exitCode } = await doctor(['--for', 'many-models-with-tags'])
    expect(exitCode).toBe(0)
    expect(Object.keys(statuses(result))).toEqual([
      ...['reachable', 'clock', 'keys', 'specification', 'token-actions', 'schema'],
    ])
    expect(result.verdicts).toEqual([{ command: 'many-models-with-tags', isReady: true, text: 'ready' }])
  })

  it('tries a push only when it is asked to, and leaves nothing behind', async () => {
    const modelId = await makeModel(sandbox)
    const mark = changes().length
    const args = ['--for', 'push-image', '--model', modelId]
    const careful = await doctor(args)
    expect(careful.exitCode).toBe(0)
    expect(changes().slice(mark)).toEqual([])
    const bold = await doctor([...args, '--write'])
    expect(bold.exitCode).toBe(0)
    expect(statuses(bold.result)).toMatchObject({ model: 'pass', registry: 'pass', push: 'pass' })
    expect(changes().slice(mark)).toEqual([
      expect.stringMatching(/^POST .*\/blobs\/uploads\/$/),
      expect.stringMatching(/^DELETE .*\/blobs\/uploads\//),
    ])
  })

  it('counts missing scanners as a failure where they are what it is about', async () => {
    const { result, exitCode, stderr } = await doctor(['--for', 'scanners'])
    expect(exitCode).toBe(1)
    expect(statuses(result)['scanners']).toBe('fail')
    expect(result.verdicts).toMatchObject([{ isReady: false }])
    expectFailure({ exitCode, signal: null, stdout: '', stderr }, { exitCode: 1, says: ['scanners: none are set up'] })
  })
})

describe('rights', () => {
  it('names the actions that a token lacks, and the commands that need them', async () => {
    const env = await createToken(sandbox, { without: ['file:write', 'image:write'] })
    const { result, exitCode } = await doctor([], env)
    expect(exitCode).toBe(1)
    expect(detailOf(result, 'token-actions')).toBe('the token lacks file:write, image:write')
    const ready = result.verdicts.filter(({ isReady }) => isReady).map(({ command }) => command)
    expect(ready).toEqual(['many-models-with-tags', 'mirror-check', 'model-card-revisions'])
    expect(result.verdicts.find(({ command }) => command === 'push-image')?.text).toBe('needs a token with image:write')
    const narrow = await doctor(['--for', 'many-models-with-tags'], env)
    expect(narrow.exitCode).toBe(0)
  })

  it('asks about rights to export only for the sake of mirror-export, and about its destination', async () => {
    const env = await createToken(sandbox, {})
    const general = await doctor([], env)
    expect(general.exitCode).toBe(0)
    const verdictOf = ({ verdicts }: DoctorResult, name: string) =>
      verdicts.find(({ command }) => command === name)?.text
    expect(verdictOf(general.result, 'mirror-export')).toBe('needs a token with model:export, release:export')
    expect(verdictOf(general.result, 'cleanup')).toBe('ready')
    const named = await doctor(['--for', 'mirror-export'], env)
    expect(named.exitCode).toBe(1)
    expect(detailOf(named.result, 'token-actions')).toBe('the token lacks model:export, release:export')
    const modelId = await makeModel(sandbox)
    const { result } = await doctor(['--for', 'mirror-export', '--model', modelId])
    expect(detailOf(result, 'model')).toContain('has no destination')
  })

  it('takes a mirrored model for what only reads', async () => {
    const settings = { mirror: { sourceModelId: 'source-ab12cd' } }
    const body = { name: 'Copy', kind: 'mirrored-model', description: 'd', settings }
    const { model } = await callApi<{ model: { id: string } }>(sandbox, 'POST', '/api/v2/models', body)
    const reading = await doctor(['--for', 'mirror-check', '--model', model.id])
    expect(reading.exitCode).toBe(0)
    expect(Object.keys(statuses(reading.result))).not.toContain('push')
    const writing = await doctor(['--for', 'cleanup', '--model', model.id])
    expect(detailOf(writing.result, 'model')).toContain('changes only by mirroring')
  })

  it('says of a token for one model what that means', async () => {
    const modelId = await makeModel(sandbox)
    const other = await makeModel(sandbox)
    const env = await createToken(sandbox, { modelIds: [modelId] })
    const general = await doctor(['--for', 'push-image'], env)
    expect(general.exitCode).toBe(0)
    expect(general.result.verdicts[0]?.text).toBe('ready with --model: the token cannot make models')
    const wrong = await doctor(['--for', 'push-image', '--model', other], env)
    expect(wrong.exitCode).toBe(1)
    expect(statuses(wrong.result)).toMatchObject({ 'token-scope': 'fail', model: 'fail', push: 'fail' })
  })

  it('says what the user may not do in a model of others', async () => {
    const modelId = await makeModel(sandbox)
    const env = environmentOf({ ...sandbox, ...sandbox.createKeys('guest') })
    const { result, exitCode } = await doctor(['--for', 'push-image', '--model', modelId], env)
    expect(exitCode).toBe(1)
    expect(detailOf(result, 'model')).toContain('You do not have permission to write to an image')
    expect(statuses(result)).toMatchObject({ 'token-actions': 'pass', registry: 'pass', push: 'fail' })
  })

  it('refuses a data card for images, and a model that is not there', async () => {
    const dataCard = await makeModel(sandbox, 'data-card')
    const wrongKind = await doctor(['--for', 'push-image', '--model', dataCard])
    expect(wrongKind.exitCode).toBe(1)
    expect(detailOf(wrongKind.result, 'model')).toContain('data cards take no images')
    const absent = await doctor(['--for', 'push-image', '--model', 'nope-abc123'])
    expect(detailOf(absent.result, 'model')).toContain('404')
    expect(statuses(absent.result)).toMatchObject({ push: 'skipped' })
    expect(absent.result.verdicts).toMatchObject([{ command: 'push-image', isReady: false, text: 'see model above' }])
    expect(await listModels(sandbox)).toEqual([dataCard])
  })

  it('ends with 3 for keys that the instance does not know, without trying anything else', async () => {
    const env = { ...environmentOf(sandbox), ACCESS_KEY: 'BAC_UNKNOWN1' }
    const { result, exitCode } = await doctor([], env)
    expect(exitCode).toBe(3)
    expect(statuses(result)).toMatchObject({
      reachable: 'pass',
      keys: 'fail',
      registry: 'skipped',
      specification: 'skipped',
    })
    expect(JSON.stringify(result)).not.toContain(sandbox.secretKey)
    expect(sandbox.requests).toHaveLength(2)
  })

  it('never shows what the instance says of the secret', async () => {
    const { stdout, stderr } = await runCli(['doctor', '--json'], { env: environmentOf(sandbox) })
    const response = await fetch(`${sandbox.url}/api/v3/entities/me`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${sandbox.accessKey}:${sandbox.secretKey}`).toString('base64')}`,
      },
    })
    const { user } = (await response.json()) as { user: { token: { secretKey: string } } }
    expect(user.token.secretKey).not.toBe('')
    for (const secret of [sandbox.secretKey, sandbox.accessKey, user.token.secretKey]) {
      expect(stdout + stderr).not.toContain(secret)
    }
  })
})

describe('what is not Bailo, or not as today', () => {
  const json = (body: unknown, headers = {}): Reply => ({
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const notFound: Reply = { status: 404, headers: { 'content-type': 'text/html' }, body: '<pre>Cannot GET</pre>' }

  async function examine(script: Script | readonly Reply[]) {
    const { origin } = await startServer(script)
    const settings = {
      origin,
      credentials: new Credentials(origin, 'BAC_KEY', 'BSK_SECRET'),
      trustedCertificates: undefined,
      envFile: '',
      lookUp: () => undefined,
      writeBack: () => Promise.resolve(),
      takeBack: () => Promise.resolve(false),
    }
    return runDoctor({ settings, version: '0', commands: ['many-models-with-tags'], mayWrite: false })
  }

  it.each<[string, Reply, string]>([
    ['a login page', { headers: { 'content-type': 'text/html' }, body: '<title>Sign in</title>' }, 'Sign in'],
    [
      'a proxy without a backend',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<title>502</title>' },
      '502',
    ],
    ['a redirect', { status: 302, headers: { location: 'https://login.example.com/' } }, 'https://login.example.com/'],
    ['another service', { headers: { 'content-type': 'text/plain' }, body: 'hello' }, "not Bailo's API"],
  ])('tells %s from Bailo', async (_case, reply, says) => {
    const { result, exitCode } = await examine(() => reply)
    expect(exitCode).toBe(3)
    expect(result.checks[0]).toMatchObject({ id: 'reachable', status: 'fail' })
    expect(result.checks[0]?.detail).toContain(says)
    expect(result.checks.slice(1).every(({ status }) => status === 'skipped')).toBe(true)
  })

  it('says that nothing answers', async () => {
    const { result, exitCode } = await doctor([], { URL: 'http://127.0.0.1:1' })
    expect(exitCode).toBe(3)
    expect(detailOf(result, 'reachable')).toContain('connection refused')
  })

  it.each([
    [600, "600 s behind this machine's"],
    [-600, "600 s ahead of this machine's"],
  ])('finds a clock that is off by %s s', async (secondsBehind, says) => {
    const date = new Date(Date.now() - secondsBehind * 1000).toUTCString()
    const { result, exitCode } = await examine(({ url }) => (url.includes('status') ? json({}, { date }) : notFound))
    expect(exitCode).toBe(3)
    expect(detailOf(result, 'clock')?.replace(/60[01]|599/, '600')).toContain(says)
  })

  it('reads token and specification of an older instance where they are there', async () => {
    const answers: Record<string, unknown> = {
      '/api/v2/system/status': { ping: 'pong' },
      '/api/v2/entities/me': { user: { dn: 'me', isAdmin: false } },
      '/api/v2/user/tokens': {
        tokens: [
          { accessKey: 'BAC_OTHER', actions: ['model:read', 'model:write'] },
          { accessKey: 'BAC_KEY', actions: ['model:read'] },
        ],
      },
      '/api/v2/specification': { openapi: '3.0.0', info: { version: '1.9' }, paths: { '/a': { get: {}, put: {} } } },
      '/api/v2/schemas?kind=model': { schemas: [{ id: 'old', active: true }] },
    }
    const { result, exitCode } = await examine(({ url }) => (url in answers ? json(answers[url]) : notFound))
    expect(exitCode).toBe(1)
    expect(statuses(result)).toMatchObject({ specification: 'pass', schema: 'pass', 'token-actions': 'fail' })
    expect(detailOf(result, 'specification')).toBe('API v2, version 1.9, 2 operations')
    expect(detailOf(result, 'token-actions')).toBe('the token lacks model:write')
  })
})

it('knows what each command needs that works on an instance', () => {
  const commands = join(import.meta.dirname, '../../src/commands')
  const experiments = readdirSync(commands)
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => readFileSync(join(commands, file), 'utf8').includes('extends ExperimentCommand'))
    .map((file) => file.replace(/\.ts$/, ''))
  expect(experiments.length).toBeGreaterThan(2)
  expect(experiments.filter((command) => !(CHECKED_COMMANDS as string[]).includes(command))).toEqual([])
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { json, startServer } from '../support/scripted-server.js'
import { runCli, type CliResult } from './cli.js'
import {
  createModel,
  createRelease,
  environmentOf,
  expectNoKeys,
  readError,
  runFailing,
  type Environment,
} from './failures.js'

interface Document {
  readonly findings: readonly {
    readonly rule: string
    readonly level: string
    readonly method: string
    readonly path: string
    readonly file: string
    readonly line: number | null
    readonly fingerprint: string
  }[]
  readonly summary: Record<string, unknown> & {
    readonly coverage: { readonly covered: number; readonly total: number }
  }
}

const CLIENT = `class Client:
    def find(self, text):
        url = f"{self.url}/v2/models"
        url = f"{url}/search/?search={text}"
        return self.agent.get(url)

    def make(self, name):
        return self.agent.post(f"{self.url}/v2/models", json={"name": name, "kind": "model", "description": "d"})

    def gone(self, model_id):
        return self.agent.get(f"{self.url}/v2/model/{model_id}/gone")

    def wrong(self, model_id):
        return self.agent.put(f"{self.url}/v2/model/{model_id}")
`

const SPECIFICATION = {
  openapi: '3.0.0',
  info: { title: 'T', version: '1' },
  paths: {
    '/api/v2/models': { post: { tags: ['model'] } },
    '/api/v2/models/search': { get: { tags: ['model'] } },
    '/api/v2/model/{modelId}': {
      get: { tags: ['model'], parameters: [{ name: 'modelId', in: 'path', required: true }] },
    },
  },
}

async function makeFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailo-exp-openapi-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const all = { 'client.py': CLIENT, 'spec.json': JSON.stringify(SPECIFICATION), ...files }
  for (const [name, text] of Object.entries(all)) await writeFile(path.join(folder, name), text)
  return folder
}

function parse({ stdout }: CliResult): Document {
  return JSON.parse(stdout) as Document
}

const FILES = ['openapi', 'lint', '--client', 'client.py', '--spec', 'spec.json']

describe('openapi lint of files', () => {
  it('says what does not fit, with the place, and ends with 1', async () => {
    const cwd = await makeFolder()
    const result = await runCli(FILES, { cwd })
    expect(result).toMatchObject({ exitCode: 1, stderr: '' })
    expect(result.stdout).toMatch(/^client\.py\n/)
    expect(result.stdout).toMatch(
      /\n {2}11:\d+ +error +The specification has no path \/api\/v2\/model\/\{model_id\}\/gone/,
    )
    expect(result.stdout).toMatch(
      /\n {2}14:\d+ +error +The specification has \/api\/v2\/model\/\{modelId\} with GET, not with PUT\./,
    )
    expect(result.stdout).toMatch(/\nmodel +2 +3\n/)
  })

  it('prints one document with --json, and with --format json the same', async () => {
    const cwd = await makeFolder()
    const [flag, format] = await Promise.all([
      runCli([...FILES, '--json'], { cwd }),
      runCli([...FILES, '--format', 'json'], { cwd }),
    ])
    expect([flag.exitCode, format.exitCode]).toEqual([1, 1])
    expect(parse(flag)).toEqual(parse(format))
    const { findings, summary } = parse(flag)
    expect(findings.map(({ rule, method, path: at, file, line }) => [rule, method, at, file, line])).toEqual([
      ['query-parameter-unknown', 'GET', '/api/v2/models/search/', 'client.py', 5],
      ['body-field-unknown', 'POST', '/api/v2/models', 'client.py', 8],
      ['body-field-unknown', 'POST', '/api/v2/models', 'client.py', 8],
      ['body-field-unknown', 'POST', '/api/v2/models', 'client.py', 8],
      ['endpoint-unknown', 'GET', '/api/v2/model/{model_id}/gone', 'client.py', 11],
      ['method-unknown', 'PUT', '/api/v2/model/{model_id}', 'client.py', 14],
      ['endpoint-not-covered', 'GET', '/api/v2/model/{modelId}', 'spec.json', null],
      ['response-undescribed', 'POST', '/api/v2/models', 'spec.json', null],
      ['response-undescribed', 'GET', '/api/v2/models/search', 'spec.json', null],
      ['response-undescribed', 'GET', '/api/v2/model/{modelId}', 'spec.json', null],
    ])
    expect(Object.keys(findings[0] ?? {})).toEqual([
      'rule',
      'level',
      'method',
      'path',
      'file',
      'line',
      'column',
      'function',
      'message',
      'fingerprint',
    ])
    expect(summary).toMatchObject({
      errors: 2,
      failed: true,
      coverage: { covered: 2, total: 3, tags: [{ tag: 'model', covered: 2, total: 3 }] },
    })
  })

  it('takes levels from flags over the settings file, and the exit code follows', async () => {
    const cwd = await makeFolder({
      'bailo-exp.lint.yaml':
        'rules: { endpoint-unknown: off, method-unknown: warning, body-field-unknown: off }\nfail-on: warning\n',
    })
    const levels = async (...flags: string[]) => {
      const result = await runCli([...FILES, '--json', ...flags], { cwd })
      return [
        result.exitCode,
        ...parse(result)
          .findings.filter(({ level }) => level !== 'info')
          .map(({ rule, level }) => `${rule} ${level}`),
      ]
    }
    const rest = ['query-parameter-unknown warning', 'method-unknown warning', 'endpoint-not-covered warning']
    expect(await levels()).toEqual([1, ...rest])
    expect(await levels('--fail-on', 'error')).toEqual([0, ...rest])
    expect(
      await levels('--rule', 'method-unknown=error', '--rule', 'endpoint-not-covered=off', '--fail-on', 'never'),
    ).toEqual([0, 'query-parameter-unknown warning', 'method-unknown error'])
  })

  it('writes a file whole instead of printing it', async () => {
    const cwd = await makeFolder({ 'lint.sarif': 'old' })
    const result = await runCli([...FILES, '--format', 'sarif', '--output', 'lint.sarif'], { cwd })
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toBe('Note: Written to lint.sarif: 2 errors, 5 warnings.\n')
    expect(JSON.parse(await readFile(path.join(cwd, 'lint.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' })
  })

  it('leaves out what is in the baseline, keeps reasons, and reports what is stale', async () => {
    const cwd = await makeFolder()
    const baseline = path.join(cwd, 'b.json')
    const made = await runCli([...FILES, '--baseline', 'b.json', '--update-baseline'], { cwd })
    expect(made).toMatchObject({ exitCode: 0, stderr: 'Note: 10 findings written to b.json.\n' })
    const text = await readFile(baseline, 'utf8')
    await writeFile(baseline, text.replace('"reason": ""', '"reason": "agreed"'))
    // Lines move, one call is put right, and a new one is wrong.
    await writeFile(
      path.join(cwd, 'client.py'),
      `\n\n${CLIENT.replace('self.agent.put', 'self.agent.get')}
    def fresh(self):
        return self.agent.get(f"{self.url}/v2/fresh")
`,
    )
    const result = await runCli([...FILES, '--json', '--baseline', 'b.json'], { cwd })
    expect(result.exitCode).toBe(1)
    expect(parse(result).findings.map(({ rule, path: at }) => `${rule} ${at}`)).toEqual([
      'endpoint-unknown /api/v2/fresh',
    ])
    expect(parse(result).summary).toMatchObject({
      baselined: 8,
      stale: [{ rule: 'method-unknown' }, { rule: 'endpoint-not-covered' }],
    })
    expect(result.stderr).toMatch(
      /^Note: Nothing is found any more for 2 entries of the baseline: [0-9a-f]{12} \(method-unknown\)/,
    )
    await runCli([...FILES, '--baseline', 'b.json', '--update-baseline'], { cwd })
    expect(await readFile(baseline, 'utf8')).toContain('"reason": "agreed"')
    expect(await runCli([...FILES, '--baseline', 'b.json', '--fail-on', 'warning'], { cwd })).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
  })

  it('warns when nothing of the client was compared with anything', async () => {
    const cwd = await makeFolder({
      'none.py': 'def f(x):\n    return x.get("/v2/models")\n',
      'other.py': 'class C:\n    def f(self):\n        return self.agent.get("https://elsewhere.example.com/pets")\n',
    })
    const none = await runCli(['openapi', 'lint', '--client', 'none.py', '--spec', 'spec.json'], { cwd })
    expect(none.stderr).toMatch(/^Note: No request was found in none\.py/)
    const other = await runCli(['openapi', 'lint', '--client', 'other.py', '--spec', 'spec.json', '--json'], { cwd })
    expect(other.stderr).toMatch(/^Note: None of 1 call of other\.py is in the specification/)
  })

  it('lints what can be read of a file with a syntax error, and reports the rest', async () => {
    const cwd = await makeFolder({ 'broken.py': `${CLIENT}\n    def broken(self:\n        return (\n` })
    const result = await runCli(['openapi', 'lint', '--client', 'broken.py', '--spec', 'spec.json', '--json'], { cwd })
    const rules = parse(result).findings.map(({ rule }) => rule)
    expect(rules).toContain('endpoint-unknown')
    expect(rules).toContain('client-unreadable')
    expect(result.exitCode).toBe(1)
  })

  it.each([
    [
      'a rule that does not exist',
      ['--rule', 'endpoint-unknwon=off'],
      ['endpoint-unknwon', 'Try: use endpoint-unknown'],
    ],
    ['a level that does not exist', ['--rule', 'endpoint-unknown=loud'], ['loud', 'off, error, warning, info']],
    ['a client that is not there', ['--client', 'nowhere.py'], ['nowhere.py']],
    ['a format that does not exist', ['--format', 'xml'], ['xml']],
    ['settings that are not there', ['--config', 'nowhere.yaml'], ['nowhere.yaml']],
    ['settings with an unknown key', ['--config', 'odd.yaml'], ['unknown key "rulez"', 'use rules']],
    ['a baseline to be made without a name', ['--update-baseline'], ['--baseline FILE']],
    ['a baseline that is none', ['--baseline', 'client.py'], ['not a baseline']],
    ['an output that cannot be written', ['--output', 'no/where.txt'], ['no/where.txt']],
  ])('refuses %s with 2', async (_name, flags, says) => {
    const cwd = await makeFolder({ 'odd.yaml': 'rulez: {}\n' })
    await runFailing([...FILES, ...flags], { exitCode: 2, says }, { cwd })
  })

  it.each([
    ['that is not there', 'nowhere.json', ['nowhere.json', 'cannot be read']],
    ['of Swagger 2.0', 'swagger.json', ['Swagger', 'OpenAPI 3']],
    ['without paths', 'empty.json', ['has no paths']],
    ['that is HTML', 'page.html', ['HTML']],
  ])('ends with 3 for a specification %s, also under --json', async (_name, file, says) => {
    const cwd = await makeFolder({
      'swagger.json': JSON.stringify({ swagger: '2.0', paths: SPECIFICATION.paths }),
      'empty.json': JSON.stringify({ ...SPECIFICATION, paths: {} }),
      'page.html': '<html><title>Log in</title></html>',
    })
    const result = await runFailing(['openapi', 'lint', '--spec', file, '--json'], { exitCode: 3, says }, { cwd })
    expect(readError(result)).toMatchObject({ exitCode: 3 })
  })

  it('ends with 2 when neither a specification nor an instance is named', async () => {
    await runFailing(['openapi', 'lint'], { exitCode: 2, says: ['The address of the Bailo instance is not set'] })
  })
})

describe('openapi lint of an instance', () => {
  let sandbox: Sandbox
  let env: Environment

  beforeAll(async () => {
    sandbox = await startSandbox()
    const modelId = await createModel(sandbox)
    await createRelease(sandbox, modelId, '1.0.0')
    env = environmentOf(sandbox)
  })

  afterAll(() => sandbox.close())

  it('compares the contract with both versions of the API', async () => {
    const result = await runCli(['openapi', 'lint', '--json'], { env })
    expect(result).toMatchObject({ exitCode: 1, stderr: '' })
    const { findings, summary } = parse(result)
    // The sandbox serves the contract, whose only error it has from the real one.
    expect(findings.filter(({ level }) => level === 'error').map(({ rule, path: at }) => `${rule} ${at}`)).toEqual([
      'duplicate-path /api/v2/review/role/{shortName}',
    ])
    expect(summary.coverage).toMatchObject({ covered: 94, total: 94 })
    expectNoKeys(result, env)
  })

  it('compares what the instance answers with what its specification says', async () => {
    const result = await runCli(['openapi', 'lint', '--live-responses', '--rule', 'duplicate-path=off', '--json'], {
      env,
    })
    expect(result.exitCode).toBe(0)
    const { findings, summary } = parse(result)
    expect(findings.filter(({ rule }) => rule === 'response-mismatch')).toEqual([])
    const { called, requests } = summary['liveResponses'] as { called: number; requests: number }
    expect(called).toBeGreaterThan(20)
    expect(requests).toBeLessThanOrEqual(100)
  })

  it('shows an answer that does not fit', async () => {
    const answer = { description: 'd', content: { 'application/json': { schema: { required: ['tokenActions'] } } } }
    const specification = {
      openapi: '3.0.0',
      paths: { '/api/v2/user/tokens/list': { get: { responses: { '200': answer } } } },
    }
    const cwd = await makeFolder({ 'old.json': JSON.stringify(specification) })
    const flags = ['--spec', 'old.json', '--live-responses', '--rule', 'response-mismatch=error']
    const result = await runCli(['openapi', 'lint', ...flags], { env, cwd })
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toContain('(/api/v2/user/tokens/list): the answer lacks "tokenActions".')
  })

  it('gives its keys to its own origin only', async () => {
    const other = await startServer(() => json(SPECIFICATION))
    await runCli(['openapi', 'lint', '--spec', `${other.origin}/spec.json`], { env })
    expect(other.lines).toEqual(['GET /spec.json'])
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization')
    const own = await startServer(() => json(SPECIFICATION))
    await runCli(['openapi', 'lint', '--spec', `${own.origin}/spec.json`], { env: { ...env, URL: own.origin } })
    expect(own.requests[0]?.headers.authorization).toMatch(/^Basic /)
  })

  it('ends with 3 when nothing answers, or it goes in circles', async () => {
    await runFailing(['openapi', 'lint', '--url', 'http://127.0.0.1:1'], { exitCode: 3, says: ['no answer from'] })
    const loop = await startServer(({ url }) => ({ status: 302, headers: { location: url } }))
    await runFailing(['openapi', 'lint', '--url', loop.origin], { exitCode: 3, says: ['a redirect to'] })
    expect(loop.requests.length).toBeLessThanOrEqual(2)
  })
})

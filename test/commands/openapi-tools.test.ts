import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { readError, runFailing } from './failures.js'

const OLD = {
  openapi: '3.0.0',
  paths: {
    '/a': { get: { parameters: [{ name: 'q', in: 'query', schema: { type: 'string' } }] } },
    '/gone': { get: {} },
  },
}
const NEW = {
  openapi: '3.0.0',
  paths: {
    '/a': { get: { parameters: [{ name: 'q', in: 'query', required: true, schema: { type: 'string' } }] } },
    '/new': { get: {} },
  },
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailo-exp-openapi-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, document] of Object.entries({ 'old.json': OLD, 'new.json': NEW })) {
    await writeFile(path.join(folder, name), JSON.stringify(document))
  }
  return folder
}

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ olderSpecification: true })
})
afterAll(() => sandbox.close())

describe('openapi diff', () => {
  it('says what breaks a client first, and ends with 1', async () => {
    const cwd = await makeFolder()
    const result = await runCli(['openapi', 'diff', 'old.json', 'new.json', '--json'], { cwd })
    expect(result).toMatchObject({ exitCode: 1, stderr: '' })
    const { findings } = JSON.parse(result.stdout) as { findings: { rule: string; level: string }[] }
    expect(findings.map(({ rule, level }) => `${level} ${rule}`)).toEqual([
      'error parameter-required',
      'error operation-removed',
      'info operation-added',
    ])
  })

  it('ends with 0 when nothing changed, or it is not to fail', async () => {
    const cwd = await makeFolder()
    expect(await runCli(['openapi', 'diff', 'new.json', 'new.json'], { cwd })).toMatchObject({
      exitCode: 0,
      stdout: '0 errors, 0 warnings, 0 for information\n',
    })
    const never = await runCli(
      ['openapi', 'diff', 'old.json', 'new.json', '--fail-on', 'never', '--format', 'markdown'],
      { cwd },
    )
    expect(never.exitCode).toBe(0)
    expect(never.stdout).toContain('| error | `operation-removed` |')
  })

  it('takes a URL on either side', async () => {
    const cwd = await makeFolder()
    const url = `${sandbox.url}/api/v2/specification`
    const { stdout, exitCode } = await runCli(['openapi', 'diff', url, url], { cwd })
    expect({ stdout, exitCode }).toEqual({ stdout: '0 errors, 0 warnings, 0 for information\n', exitCode: 0 })
    expect((await runCli(['openapi', 'diff', 'old.json', url], { cwd })).exitCode).toBe(1)
  })

  it('ends with 3 when one of them cannot be read, and with 2 when one is not named', async () => {
    const cwd = await makeFolder()
    await runFailing(['openapi', 'diff', 'old.json', 'nowhere.json'], { exitCode: 3, says: ['nowhere.json'] }, { cwd })
    await runFailing(['openapi', 'diff', 'old.json'], { exitCode: 2, says: ['new'] }, { cwd })
  })
})

describe('openapi pull', () => {
  it('prints the specification in its canonical order, also that of an older instance', async () => {
    const [plain, flag] = await Promise.all([
      runCli(['openapi', 'pull', '--url', sandbox.url]),
      runCli(['openapi', 'pull', '--url', sandbox.url, '--json']),
    ])
    expect(plain).toMatchObject({ exitCode: 0, stderr: '' })
    expect(flag.stdout).toBe(plain.stdout)
    const document = JSON.parse(plain.stdout) as { paths: object }
    const paths = Object.keys(document.paths)
    expect(paths).toEqual([...paths].sort())
    const served = (await (await fetch(`${sandbox.url}/api/v2/specification`)).json()) as { paths: object }
    expect(new Set(paths)).toEqual(new Set(Object.keys(served.paths)))
  })

  it('writes a file that diff finds no change in', async () => {
    const cwd = await makeFolder()
    const args = ['openapi', 'pull', '--url', sandbox.url, '--output', 'live.json', '--json']
    const result = await runCli(args, { cwd })
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toMatch(/^Note: 81 operations of http.* written to live\.json\.\n$/)
    expect(JSON.parse(result.stdout)).toMatchObject({ operations: 81, output: 'live.json' })
    const text = await readFile(path.join(cwd, 'live.json'), 'utf8')
    expect(text).toMatch(/^\{\n {2}"openapi": "3/)
    expect(text).toMatch(/\n\}\n$/)
    const url = `${sandbox.url}/api/v2/specification`
    expect((await runCli(['openapi', 'diff', 'live.json', url, '--fail-on', 'warning'], { cwd })).exitCode).toBe(0)
  })

  it('ends with 3 for a version that the instance does not have, and with 2 for one that does not exist', async () => {
    const url = ['--url', sandbox.url]
    await runFailing(['openapi', 'pull', '--version', 'v3', ...url], {
      exitCode: 3,
      says: ['there is none at /api/v3'],
    })
    const refused = await runFailing(['openapi', 'pull', '--version', 'v9', ...url, '--json'], {
      exitCode: 2,
      says: ['v9'],
    })
    expect(readError(refused)).toMatchObject({ exitCode: 2 })
  })
})

describe('openapi rules', () => {
  it('lists every rule with its level', async () => {
    const result = await runCli(['openapi', 'rules'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toMatch(/^openapi lint\n\nendpoint-unknown +error +A call goes to/)
    expect(result.stdout).toMatch(/\nopenapi diff\n\noperation-removed +error +An operation is gone\.\n/)
    expect(result.stdout.split('\n').every((line) => line.length <= 80)).toBe(true)
  })

  it('shows one with its examples, and has all of it as JSON', async () => {
    const one = await runCli(['openapi', 'rules', 'method-unknown'])
    expect(one.stdout).toMatch(
      /It finds this:\n {2}specification:\n {4}\/api\/v2\/model\/\{modelId\}: \{ patch: \{\} \}\n {2}client:\n {4}self\.agent\.put/,
    )
    const all = JSON.parse((await runCli(['openapi', 'rules', '--json'])).stdout) as {
      rules: { check: string; good?: object }[]
    }
    expect(all.rules.filter(({ check, good }) => check === 'lint' && good !== undefined)).toHaveLength(16)
  })

  it('suggests the nearest for one that does not exist', async () => {
    await runFailing(['openapi', 'rules', 'method-unknow'], {
      exitCode: 2,
      says: ['method-unknow', 'Try: use method-unknown'],
    })
  })
})

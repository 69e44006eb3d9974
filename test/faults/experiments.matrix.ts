import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli, type CliResult } from '../commands/cli.js'
import { upload } from '../commands/experiment.js'
import { createModel, environmentOf, expectNoKeys } from '../commands/failures.js'
import { callApi } from '../commands/read-instance.js'
import { clearFaults, setFaults } from '../support/faults.js'
import { FAULTS } from './faults.js'
import { listSubjects, type Subject } from './subjects.js'

/** What is read of a result or an error. */
interface Output {
  readonly target?: { readonly modelId: string }
  readonly destination?: { readonly modelId: string }
  readonly run?: { readonly id: string; readonly resume?: string }
  readonly error?: { readonly message: string }
}

const NAMES = Object.keys(listSubjects({ url: '', accessKey: '', secretKey: '' }, { modelId: '' }, ''))

/** One line per experiment, one word per fault; printed at the end. */
const table = new Map<string, Map<string, string>>()

let sandbox: Sandbox
let source: string
let directory: string

beforeAll(async () => {
  sandbox = await startSandbox({ scanners: { waitMs: 0, baseMs: 50, perMebibyteMs: 0 } })
  source = await createModel(sandbox)
  for (const semver of ['1.0.0', '1.1.0', '2.0.0']) {
    const fileIds = await Promise.all(
      [1, 2].map((size) => upload(sandbox, source, `${semver}-${size}.bin`, size * 100)),
    )
    await callApi(sandbox, 'POST', `/api/v2/model/${source}/releases`, { semver, notes: 'n', fileIds, images: [] })
  }
})

afterAll(async () => {
  await sandbox.close()
  process.stdout.write(`${formatTable()}\n`)
})

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-matrix-'))
})

afterEach(async () => {
  await clearFaults(sandbox)
  await rm(directory, { recursive: true })
})

function formatTable(): string {
  const faults = Object.keys(FAULTS)
  const rows = [...table].map(
    ([name, cells]) => `| ${name} | ${faults.map((fault) => cells.get(fault) ?? '-').join(' | ')} |`,
  )
  return [`| | ${faults.join(' | ')} |`, `| - |${' - |'.repeat(faults.length)}`, ...rows].join('\n')
}

function run(args: readonly string[]): Promise<CliResult> {
  return runCli([...args, '--json', '--quiet'], {
    cwd: directory,
    env: { ...environmentOf(sandbox), BAILO_EXP_STATE_DIR: path.join(directory, 'state') },
  })
}

/** What must be true of every end, whatever went wrong. */
function read(result: CliResult): Output {
  expect(result.signal).toBe(null)
  expect([0, 1, 3, 4]).toContain(result.exitCode)
  expect(result.stdout + result.stderr).not.toMatch(/^\s*at .+:\d+:\d+\)?$/m)
  expectNoKeys(result, environmentOf(sandbox))
  return JSON.parse(result.stdout) as Output
}

async function runToTheEnd(name: string, subject: Subject): Promise<{ word: string; state: unknown }> {
  const pace = name === 'purge-files-without-release' ? [] : ['--max-retries', '4', '--retry-for', '8s']
  const args = [name, ...subject.args]
  let result = await run([...args, ...pace])
  let output = read(result)
  let word = String(result.exitCode)
  // What is not done says how to go on, and going on without the fault does the rest.
  for (let attempt = 0; result.exitCode !== 0 && attempt < 2; attempt++) {
    if (result.exitCode === 4) expect(`${result.stdout}${result.stderr}`).toMatch(/--resume|same command again/)
    await clearFaults(sandbox)
    const runId = /--resume (\w+)/.exec(`${result.stdout}${result.stderr}`)?.[1]
    result = await run(runId === undefined ? args : [name, '--resume', runId])
    output = read(result)
    word += `, ${runId === undefined ? 'again' : 'resumed'} ${result.exitCode ?? ''}`
  }
  expect({ exitCode: result.exitCode, error: output.error, stderr: result.stderr }).toMatchObject({ exitCode: 0 })
  // What the test itself reads is not to go wrong.
  await clearFaults(sandbox)
  const modelId = output.target?.modelId ?? output.destination?.modelId ?? ''
  return { word, state: await subject.describe(modelId, output.run?.id ?? '') }
}

describe.each(NAMES)('%s', (name) => {
  let expected: unknown

  it('without a fault', async () => {
    const subject = await listSubjects(sandbox, { modelId: source }, directory)[name]?.()
    if (subject === undefined) throw new Error(name)
    const { word, state } = await runToTheEnd(name, subject)
    expect(word).toBe('0')
    expected = state
    table.set(name, new Map())
  })

  it.each(Object.entries(FAULTS))('with %s', async (fault, rules) => {
    const subject = await listSubjects(sandbox, { modelId: source }, directory)[name]?.()
    if (subject === undefined) throw new Error(name)
    await setFaults(sandbox, rules)
    const { word, state } = await runToTheEnd(name, subject)
    expect(state).toEqual(expected)
    table.get(name)?.set(fault, word)
  })
})

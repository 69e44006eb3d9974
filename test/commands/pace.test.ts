import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { environmentOf } from './failures.js'

interface Result {
  readonly run: { readonly durationMs: number; readonly settledConcurrency?: number }
  readonly target: { readonly modelId: string }
}

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})

afterAll(() => sandbox.close())

async function upload(...flags: string[]) {
  const sizes = ['concurrent-file-uploads', '--count', '6', '--size', '100kB', '--json']
  const { exitCode, stdout, stderr } = await runCli([...sizes, ...flags], { env: environmentOf(sandbox) })
  return { exitCode, stderr, result: JSON.parse(stdout) as Result }
}

describe.concurrent('--bandwidth', () => {
  it('holds for all uploads of a run together, however many there are at the same time', async () => {
    const { exitCode, result } = await upload('--bandwidth', '400kB/s', '--concurrency', '6')
    expect(exitCode).toBe(0)
    expect(result.run.durationMs).toBeGreaterThanOrEqual(1400)
    expect(result.run).not.toHaveProperty('settledConcurrency')
  })

  it('is refused where it is none', async () => {
    expect(await upload('--bandwidth', 'fast')).toMatchObject({ exitCode: 2 })
  })
})

describe.concurrent('--concurrency auto', () => {
  it('uploads everything, and tells how many uploads there were at the same time in the end', async () => {
    const { exitCode, result } = await upload('--concurrency', 'auto', '--max-connections', '2')
    expect(exitCode).toBe(0)
    expect(result.run.settledConcurrency).toBeGreaterThanOrEqual(1)
  })

  it.each(['many', '257'])('is the only word that %j may be, or a number from 1 to 256', async (text) => {
    const { exitCode, stderr } = await upload('--concurrency', text)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('neither a number from 1 to 256 nor auto')
  })
})

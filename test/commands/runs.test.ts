import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CHECKED_COMMANDS } from '../../src/lib/doctor/needs.js'
import { startBench, type Bench } from './experiment.js'
import { createModel, expectFailure, expectNoKeys, environmentOf } from './failures.js'
import { fillSourceModel } from '../support/source-model.js'
import { clearFaults, setFaults } from '../support/faults.js'

const STATE = ['--state-dir', 'state']
const [LONGEST = ''] = CHECKED_COMMANDS.toSorted((left, right) => right.length - left.length)

interface Summary {
  readonly id: string
  readonly state: string
  readonly command: string
  readonly createdCount: number
  readonly resume?: string
}

/** Two runs: one that came to its end, and after it one that could not make a release. */
async function makeRuns(bench: Bench): Promise<{ done: string; incomplete: string }> {
  const source = await fillSourceModel(bench.sandbox)
  const clone = ['clone-releases', '--from', source, '--no-images', ...STATE]
  const run = async (...args: string[]) => {
    const { result } = await bench.runJson<{ run: { id: string } }>([...clone, ...args])
    return result.run.id
  }
  const done = await run('--semver', '<1.2.0')
  const to = await createModel(bench.sandbox)
  await setFaults(bench.sandbox, ['release-create after=4 status=500'])
  const incomplete = await run('--semver', '<1.3.0', '--to', to)
  await clearFaults(bench.sandbox)
  return { done, incomplete }
}

describe('runs', () => {
  it('are listed, shown and forgotten', async () => {
    const bench = await startBench()
    const { done, incomplete } = await makeRuns(bench)

    const list = await bench.runJson<Summary[]>(['runs', 'list', ...STATE])
    const text = await bench.run(['runs', 'list', ...STATE])
    const shown = await bench.runJson<Summary & { failed: { key: string }[]; created: unknown[] }>([
      'runs',
      'show',
      'last',
      ...STATE,
    ])
    const shownText = await bench.run(['runs', 'show', incomplete, ...STATE])

    expect(list.exitCode).toBe(0)
    expect(list.result.map(({ id, state, command, createdCount }) => [id, state, command, createdCount])).toEqual([
      [incomplete, 'incomplete', 'clone-releases', 7 + 1],
      [done, 'done', 'clone-releases', 7 + 1],
    ])
    expect(text.stdout).toMatch(new RegExp(`${incomplete} +clone-releases +20[\\d-]+ [\\d:]{5} +incomplete +8`))
    expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(shown.result).toMatchObject({ id: incomplete, failed: [{ key: 'release 1.1.0' }] })
    expect(shown.result.resume).toBe(`bailo-exp clone-releases --resume ${incomplete} --state-dir=state`)
    expect(shownText.stdout).toContain('release 1.1.0: POST /api/v2/model/{modelId}/releases answered 500')
    for (const result of [list, text, shown, shownText]) expectNoKeys(result, environmentOf(bench.sandbox))

    const forgotten = await bench.run(['runs', 'forget', done, incomplete, ...STATE])
    expect(forgotten).toMatchObject({ exitCode: 0, stdout: `Forgotten: ${done}, ${incomplete}\n` })
    expect(await readdir(join(bench.directory, 'state'))).toEqual([])
    expect((await bench.run(['runs', 'list', ...STATE])).stdout).toBe('There are no runs.\n')
  })

  it('fit 80 columns in a list, with the longest name of a command', async () => {
    const bench = await startBench()
    await setFaults(bench.sandbox, ['release-create after=1 status=500'])
    await bench.run([LONGEST, '--push', '2', '--image-size', '1MiB', ...STATE])
    const { stdout } = await bench.run(['runs', 'list', ...STATE])
    expect(stdout).toMatch(new RegExp(`^\\w{8}  ${LONGEST}  [\\d-]{10} [\\d:]{5}  incomplete +\\d+$`, 'm'))
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('that are not there are refused', async () => {
    const bench = await startBench()
    for (const args of [
      ['show', 'last'],
      ['show', '22222222'],
      ['forget', '../x'],
    ]) {
      expectFailure(await bench.run(['runs', ...args, ...STATE]), { exitCode: 2, says: ['There is no run'] })
    }
  })
})

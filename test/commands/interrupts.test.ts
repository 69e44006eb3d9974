import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CliProcess, CliResult } from './cli.js'
import { startBench, type Bench } from './experiment.js'
import { createModel } from './failures.js'
import { readFiles, readReleases } from './read-instance.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'

interface Result {
  readonly run: { readonly id: string; readonly resume?: string; readonly failed: unknown[] }
}

/** A list of two releases, with a file each. */
async function writeDump({ directory }: Bench): Promise<string> {
  const file = (digit: string) => ({ _id: digit.repeat(24), name: `${digit}.bin`, size: 1000 })
  const releases = [
    { semver: '1.0.0', notes: 'n', files: [file('a')] },
    { semver: '2.0.0', notes: 'n', files: [file('b')] },
  ]
  await writeFile(join(directory, 'dump.json'), JSON.stringify({ releases }))
  return 'dump.json'
}

/** Clones while a request is slow, and does something with the process when that request has come. */
async function cloneSlowly(
  bench: Bench,
  rule: string,
  args: readonly string[],
  act: (child: CliProcess) => void,
): Promise<CliResult> {
  await setFaults(bench.sandbox, [rule])
  const words = [
    'clone-releases',
    '--from-file',
    await writeDump(bench),
    '--no-images',
    '--state-dir',
    'state',
    ...args,
  ]
  // Of several answers that are under way only one counts: a second signal would end the process at once.
  let hasActed = false
  const result = await bench.run(words, {
    onStart: (child) => {
      const watch = setInterval(() => {
        void readFaults(bench.sandbox).then(([one]) => {
          if (hasActed || (one?.hits === 0 && child.exitCode === null)) return
          hasActed = true
          clearInterval(watch)
          act(child)
        })
      }, 20)
    },
  })
  await clearFaults(bench.sandbox)
  return result
}

describe('an interrupt', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s lets what is under way come to its end, begins nothing more, and says how to go on',
    async (signal) => {
      const bench = await startBench()
      const to = await createModel(bench.sandbox)
      const { exitCode, stdout, stderr } = await cloneSlowly(
        bench,
        'POST /api/v2/model/*/files/upload/simple hold=1500ms',
        ['--to', to, '--concurrency', '1', '--json'],
        (child) => child.kill(signal),
      )

      expect({ exitCode, stderr }).toMatchObject({ exitCode: 130 })
      const { run } = JSON.parse(stdout) as Result
      expect(run.failed).toEqual([])
      expect(stderr).toContain(`Stopped by ${signal}.`)
      expect(stderr).toContain(`Try: bailo-exp clone-releases --resume ${run.id} --state-dir=state`)
      expect((await readFiles(bench.sandbox, to)).map(({ name }) => name)).toEqual(['a.bin'])
      expect(await readReleases(bench.sandbox, to)).toEqual([])

      expect((await bench.run(['clone-releases', '--resume', run.id, '--state-dir', 'state'])).exitCode).toBe(0)
      expect((await readFiles(bench.sandbox, to)).map(({ name }) => name)).toEqual(['a.bin', 'b.bin'])
      expect(await readReleases(bench.sandbox, to)).toHaveLength(2)
    },
  )

  it('breaks off what takes longer than the time of grace', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const { exitCode, stderr } = await cloneSlowly(
      bench,
      'POST /api/v2/model/*/files/upload/simple delay=1m',
      ['--to', to, '--grace', '300ms'],
      (child) => child.kill('SIGINT'),
    )
    expect(exitCode).toBe(130)
    expect(stderr).toContain('--resume')
    expect(await readFiles(bench.sandbox, to)).toEqual([])
  })

  it('ends at once when it comes a second time', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const { exitCode, stdout, stderr } = await cloneSlowly(
      bench,
      'POST /api/v2/model/*/files/upload/simple delay=1m',
      ['--to', to, '--grace', '1m'],
      (child) => {
        child.kill('SIGINT')
        setTimeout(() => child.kill('SIGINT'), 500)
      },
    )
    expect(exitCode).toBe(130)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^SIGINT: .+ at the latest in 1 min; once more to stop at once\.$/m)
    expect(stderr).toMatch(
      /^Error: Stopped at once\.\n {2}Try: bailo-exp clone-releases --resume \w+ --state-dir=state\n$/m,
    )
    expect((await bench.run(['clone-releases', '--resume', 'last', '--state-dir', 'state'])).exitCode).toBe(0)
    expect(await readReleases(bench.sandbox, to)).toHaveLength(2)
  })

  it('before anything was made leaves nothing to go on with', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const { exitCode, stderr } = await cloneSlowly(bench, 'GET /api/v2/model/*/files delay=1m', ['--to', to], (child) =>
      child.kill('SIGTERM'),
    )
    expect(exitCode).toBe(130)
    expect(stderr).toContain('Error: Stopped by SIGTERM.')
    expect(stderr).not.toContain('--resume')
  })
})

describe('a reader that goes away', () => {
  it('is no error', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const { exitCode, stderr } = await cloneSlowly(
      bench,
      'POST /api/v2/model/*/files/upload/simple hold=200ms',
      ['--to', to],
      (child) => child.stdout.destroy(),
    )
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(await readReleases(bench.sandbox, to)).toHaveLength(2)
  })
})

describe('--fail-fast', () => {
  it('stops at the first failure, with 4 and the command that goes on', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    await setFaults(bench.sandbox, ['POST /api/v2/model/*/files/upload/simple after=1 x1 status=400'])
    const dump = await writeDump(bench)
    const args = ['clone-releases', '--from-file', dump, '--to', to, '--no-images', '--concurrency', '1', '--fail-fast']
    const { exitCode, stderr } = await bench.run([...args, '--state-dir', 'state'])
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/The run stopped at its first failed step, as --fail-fast asks for: file b+ b\.bin/)
    expect(stderr).toMatch(/Try: bailo-exp clone-releases --resume /)
    expect(await readReleases(bench.sandbox, to)).toEqual([])

    expect((await bench.run(['clone-releases', '--resume', 'last', '--state-dir', 'state'])).exitCode).toBe(0)
    expect(await readReleases(bench.sandbox, to)).toHaveLength(2)
  })
})

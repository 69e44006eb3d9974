import { describe, expect, it } from 'vitest'
import { setFaults } from '../support/faults.js'
import { onRequest, startBench, type Bench } from './experiment.js'
import { createModel } from './failures.js'

const UPLOAD = 'POST /api/v2/model/:modelId/files/upload/simple'
const SUCCESS = /As asked for|Identical|Read again|The same|found what they should|Within --max/

/** Experiments that check what they have made, and a request of which they send several. */
const EXPERIMENTS: readonly (readonly [command: string, args: readonly string[], route: string])[] = [
  ['concurrent-file-uploads', ['--count', '8', '--size', '1kB'], UPLOAD],
  ['many-releases-with-files', ['--count', '8', '--max-size-exponent', '2'], UPLOAD],
  [
    'many-releases-with-existing-images',
    ['--push', '4', '--image-size', '1MiB'],
    'POST /api/v2/model/:modelId/releases',
  ],
  ['many-models-with-tags', ['--count', '8', '--tags', 'one,two'], 'POST /api/v2/models'],
  ['model-card-revisions', ['--count', '8', '--interval', '0s'], 'PUT /api/v2/model/:modelId/model-cards'],
  ['long-names', [], 'POST /api/v2/models'],
]

/** Makes each answer to a route late, so that a run can be stopped while it waits for one. */
async function slowDown({ sandbox }: Bench, route: string): Promise<void> {
  await setFaults(sandbox, [`${route.replace(':modelId', '*')} after=1 hold=400ms`])
}

describe('a run that does not come to its end', () => {
  it.each(EXPERIMENTS)('because of an interrupt is no success of %s', async (command, args, route) => {
    const bench = await startBench()
    await slowDown(bench, route)
    const { exitCode, stdout } = await bench.run([command, ...args, '--concurrency', '1'], {
      onStart: onRequest(bench.sandbox, route, 'SIGINT', 2),
    })
    expect(exitCode).toBe(130)
    expect(stdout).toContain('Not checked: the run did not come to its end.')
    expect(stdout).not.toMatch(SUCCESS)
    const [, open, all] = /^Not made: (\d+) of (\d+) steps\.$/m.exec(stdout) ?? []
    expect(Number(open)).toBeGreaterThan(0)
    expect(Number(open)).toBeLessThan(Number(all))
  })

  it('says how much of it is missing, also where another process goes on', async () => {
    const bench = await startBench()
    const route = 'POST /api/v2/models'
    await slowDown(bench, route)
    const args = ['many-models-with-tags', '--count', '8', '--tags', 'one', '--tags-in', 'model', '--concurrency', '1']
    const first = await bench.run(args, { onStart: onRequest(bench.sandbox, route, 'SIGINT', 2) })
    expect(first.stdout).toMatch(/^Not made: 6 of 8 steps\.$/m)

    const resume = ['many-models-with-tags', '--resume', 'last', '--concurrency', '1']
    const second = await bench.run(resume, { onStart: onRequest(bench.sandbox, route, 'SIGINT', 4) })
    expect(second.stdout).toMatch(/^Not made, or not looked at again: 4 of 8 steps\.$/m)

    const third = await bench.run(resume)
    expect(third.exitCode).toBe(0)
    expect(third.stdout).not.toContain('Not made')
  })

  it('because a step failed says how many were not come to', async () => {
    const bench = await startBench()
    await setFaults(bench.sandbox, ['POST /api/v2/models after=2 status=400'])
    const args = ['--count', '8', '--tags', 'one', '--tags-in', 'model', '--concurrency', '1']
    const { exitCode, stdout } = await bench.run(['many-models-with-tags', ...args])
    expect(exitCode).toBe(4)
    expect(stdout).toMatch(/^Not made: 6 of 8 steps\.$/m)
    expect(stdout).not.toMatch(SUCCESS)
  })

  it('because the instance is gone is no success, however few uploads had begun', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    await slowDown(bench, UPLOAD)
    const args = ['--count', '10', '--size', '1kB', '--concurrency', '2', '--retry-for', '1s', '--model', modelId]
    const { exitCode, stdout } = await bench.run(['concurrent-file-uploads', ...args], {
      onStart: () => {
        const watch = setInterval(() => {
          if ((bench.sandbox.requestCounts.get(UPLOAD) ?? 0) < 3) return
          clearInterval(watch)
          void bench.sandbox.close()
        }, 5)
      },
    })
    expect(exitCode).toBe(4)
    expect(stdout).toContain('Not checked: the run did not come to its end.')
    expect(stdout).toMatch(/^Not made: \d+ of 10 steps\.$/m)
    expect(stdout).not.toMatch(SUCCESS)
  })
})

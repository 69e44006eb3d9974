import { describe, expect, it } from 'vitest'
import { startBench } from './experiment.js'

describe('a dry run', () => {
  it.each([
    ['long-names', [], '8 steps, 1 KiB'],
    ['model-card-revisions', ['--count', '2'], '4 steps'],
    ['many-models-with-tags', ['--count', '3', '--tags', 'one', '--tags-in', 'model'], '3 steps'],
  ])('of %s %j says how much it would send, where that is anything', async (command, args, extent) => {
    const bench = await startBench()
    const { stdout, exitCode } = await bench.run([command, ...args, '--dry-run'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${extent}; a dry run changes nothing\\.$`, 'm'))
  })
})

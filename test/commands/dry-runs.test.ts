import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startBench } from './experiment.js'
import { createModel } from './failures.js'

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

  it.each([
    ['clone-releases', ['--from-file', 'dump.json'], '--to'],
    ['many-releases-with-files', ['--count', '2', '--max-size-exponent', '1'], '--model'],
  ])(
    'of %s says of a model that is there, and of no new one, what cannot be known',
    async (command, args, modelFlag) => {
      const bench = await startBench()
      await writeFile(
        join(bench.directory, 'dump.json'),
        JSON.stringify({ releases: [{ semver: '1.0.0', notes: 'n' }] }),
      )
      const modelId = await createModel(bench.sandbox)
      const ofNew = await bench.run([command, ...args, '--dry-run'])
      const ofExisting = await bench.run([command, ...args, '--dry-run', modelFlag, modelId])
      expect([ofNew.exitCode, ofExisting.exitCode]).toEqual([0, 0])
      expect(ofNew.stdout).not.toMatch(/only\s+in\s+a\s+real\s+run/)
      expect(ofExisting.stdout).toMatch(/only\s+in\s+a\s+real\s+run/)
    },
  )
})

import { join } from 'node:path'
import { writeDump } from '../dump.js'
import { makeDirectory, runCli, withSandbox } from '../processes.js'
import { medianOf, mebibytes, takeTurns, times } from '../rounds.js'

const LIMIT_BYTES = 200 * 2 ** 20

/** Clones of many releases with a file of 1 KB each, each to a sandbox of its own. */
export async function measure({ rounds, scale }) {
  const directory = makeDirectory()
  const clone = (count) => {
    const dump = join(directory, `${count}.json`)
    writeDump(dump, count, (index) => [index])
    const args = ['clone-releases', '--from-file', dump, '--no-images', '--quiet', '--json']
    return () =>
      withSandbox([], async (env) => {
        const { stdout, ms, peakBytes, cpuMs } = await runCli(args, { env })
        const { run, findings } = JSON.parse(stdout)
        const made = run.steps.map(({ kind, done }) => `${done} of ${kind}`).join(', ')
        if (findings?.length > 0 || run.failed.length > 0) throw new Error(`a clone with differences: ${made}`)
        return { ms, peakBytes, cpuMs }
      })
  }
  const [small, large] = [Math.round(1000 * scale), Math.round(10_000 * scale)]
  const samples = await takeTurns(rounds, { small: clone(small), large: clone(large) })
  const time = medianOf(samples.large, 'ms') / medianOf(samples.small, 'ms')
  const [smallBytes, largeBytes] = [medianOf(samples.small, 'peakBytes'), medianOf(samples.large, 'peakBytes')]
  const what = `clone of ${large} releases with ${large} files`
  const comparedWith = `of ${small} with ${small}`
  return [
    {
      what: `${what}: time`,
      comparedWith,
      measured: times(time),
      target: 'at most 11',
      isMet: time <= 11,
      details: { samples },
    },
    {
      what: `${what}: peak memory`,
      comparedWith,
      measured: `${times(largeBytes / smallBytes)}, ${mebibytes(largeBytes)}`,
      target: 'at most 1.5, under 200 MB',
      isMet: largeBytes <= 1.5 * smallBytes && largeBytes < LIMIT_BYTES,
    },
  ]
}

import { runCli, withSandbox } from '../processes.js'
import { mebibytes, medianOf, takeTurns } from '../rounds.js'

const LIMIT_BYTES = 120 * 2 ** 20
const DIFFERENCE_BYTES = 10 * 2 ** 20

/** Peak memory of whole runs of the command, with a small and a large file, in one request each. */
export async function measure({ rounds, scale }) {
  return withSandbox(['--discard'], async (env) => {
    const upload = (gibibytes) => () =>
      runCli(
        [
          'concurrent-file-uploads',
          '--count',
          '1',
          '--concurrency',
          '1',
          '--multipart',
          'never',
          '--json',
          '--quiet',
        ].concat(['--size', `${Math.round(gibibytes * scale * 1024)}MiB`]),
        { env },
      )
    const samples = await takeTurns(rounds, { small: upload(2), large: upload(40) })
    const [small, large] = [medianOf(samples.small, 'peakBytes'), medianOf(samples.large, 'peakBytes')]
    const difference = Math.abs(large - small)
    return [
      {
        what: `peak memory of uploads of noise, ${2 * scale} and ${40 * scale} GiB`,
        comparedWith: 'each other',
        measured: `${mebibytes(small)} and ${mebibytes(large)}, difference ${mebibytes(difference)}`,
        target: 'both under 120 MB, difference under 10 MB',
        isMet: Math.max(small, large) < LIMIT_BYTES && difference < DIFFERENCE_BYTES,
        details: { samples: { small: samples.small.map(pick), large: samples.large.map(pick) } },
      },
    ]
  })
}

function pick({ ms, peakBytes }) {
  return { ms, peakBytes }
}

import { runPart, withSandbox } from '../processes.js'
import { medianOf, takeTurns, times } from '../rounds.js'

/** Processor time of the client for small JSON calls. */
export async function measure({ rounds, scale }) {
  const count = Math.max(200, Math.round(1000 * scale))
  return withSandbox([], async (env) => {
    const call = (client) => () => runPart('json-calls', { env, count, concurrency: 8, client })
    const samples = await takeTurns(rounds, { bare: call('bare'), typed: call('typed') })
    const ratio = medianOf(samples.typed, 'cpuMs') / medianOf(samples.bare, 'cpuMs')
    return [
      {
        what: `${count} small JSON operations, 8 at a time: client CPU`,
        comparedWith: 'bare undici',
        measured: times(ratio),
        target: 'at most 1.6',
        isMet: ratio <= 1.6,
        details: { samples },
      },
    ]
  })
}

import { runPart, withPart } from '../processes.js'
import { medianOf, takeTurns, times } from '../rounds.js'

const SIZE_BYTES = 2 * 2 ** 30

/** Pushes of blobs to a registry that drops them, against SHA-256 alone, which no push can do without. */
export async function measure({ rounds, scale }) {
  const sizeBytes = Math.round((SIZE_BYTES * scale) / 2 ** 20) * 2 ** 20
  return withPart('sink', async ({ url, port }) => {
    const samples = await takeTurns(rounds, {
      hash: () => runPart('hash', { sizeBytes }),
      one: () => runPart('push-blobs', { url, sizeBytes, count: 1 }),
      two: () => runPart('push-blobs', { url, sizeBytes, count: 2 }),
      apart: async () => {
        const both = [runPart('hash', { sizeBytes }), runPart('send-raw', { port, sizeBytes, fill: 'noise' })]
        return { ms: Math.max(...(await Promise.all(both)).map(({ ms }) => ms)) }
      },
    })
    const [hash, one, two] = ['hash', 'one', 'two'].map((way) => medianOf(samples[way], 'ms'))
    const speed = hash / one
    const limit = hash / medianOf(samples.apart, 'ms')
    const gain = (2 * one) / two
    const cores = medianOf(samples.two, 'cpuMs') / two
    const size = `${(sizeBytes / 2 ** 30).toFixed(1)} GiB of noise`
    return [
      {
        what: `push of a blob of ${size}: throughput`,
        comparedWith: 'SHA-256 alone',
        measured: times(speed),
        target: 'at least 0.8',
        isMet: speed >= 0.8,
        details: { sizeBytes, samples },
      },
      {
        what: `push of two blobs of ${size} at the same time: throughput together`,
        comparedWith: 'one blob',
        measured: `${times(gain)}, on ${cores.toFixed(2)} cores`,
        target: 'both cores used: above 1',
        isMet: gain > 1 && cores > 1,
      },
      {
        what: 'SHA-256 in one process beside a raw socket in another, of the same bytes',
        comparedWith: 'SHA-256 alone',
        measured: times(limit),
        target: 'none: what these cores can do of both at the same time',
      },
    ]
  })
}

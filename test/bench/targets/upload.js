import { runPart, withPart } from '../processes.js'
import { medianOf, takeTurns, times } from '../rounds.js'

const SIZE_BYTES = 4 * 2 ** 30

/** Simple uploads against a raw socket that writes as many bytes to the same sink. */
export async function measure({ rounds, scale }) {
  const sizeBytes = Math.round((SIZE_BYTES * scale) / 2 ** 20) * 2 ** 20
  return withPart('sink', async ({ url, port }) => {
    const rows = []
    for (const [fill, target] of [
      ['zeros', 0.8],
      ['noise', 0.65],
    ]) {
      const samples = await takeTurns(rounds, {
        raw: () => runPart('send-raw', { port, sizeBytes, fill }),
        ours: () => runPart('send-file', { url, sizeBytes, fill }),
      })
      const [raw, ours] = [medianOf(samples.raw, 'ms'), medianOf(samples.ours, 'ms')]
      const speed = raw / ours
      const details = {
        sizeBytes,
        samples,
        bytesPerSecond: { raw: sizeBytes / (raw / 1000), ours: sizeBytes / (ours / 1000) },
      }
      const what = `simple upload of ${sizeBytes / 2 ** 30} GiB of ${fill}`
      rows.push({
        what: `${what}: throughput`,
        comparedWith: 'raw socket',
        measured: times(speed),
        target: `at least ${target}`,
        isMet: speed >= target,
        details,
      })
      const cpu = medianOf(samples.ours, 'cpuMs') / medianOf(samples.raw, 'cpuMs')
      rows.push({
        what: `${what}: CPU per GB`,
        comparedWith: 'raw socket',
        measured: times(cpu),
        target: fill === 'zeros' ? 'at most 1.3' : 'none',
        ...(fill === 'zeros' && { isMet: cpu <= 1.3 }),
      })
    }
    return rows
  })
}

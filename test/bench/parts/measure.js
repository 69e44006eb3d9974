// What the measuring side of a part has in common: options in, figures out.
export const options = JSON.parse(process.argv[2])

/** What a side sends before it is measured. */
export const WARM_UP_BYTES = 16 * 2 ** 20

/** Runs something and prints how long it took and what it used; `peakBytes` is that of the process as a whole. */
export async function measure(act) {
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  const more = await act()
  const ms = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  const peakBytes = process.resourceUsage().maxRSS * 1024
  process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000, peakBytes, ...more }))
}

/** A mebibyte that no two of eight share, for senders that only send. */
export async function makeChunks(fill) {
  const { randomFillSync } = await import('node:crypto')
  const chunks = Array.from({ length: fill === 'zeros' ? 1 : 16 }, () => Buffer.alloc(2 ** 20))
  if (fill !== 'zeros') for (const chunk of chunks) randomFillSync(chunk)
  return chunks
}

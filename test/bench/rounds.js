/**
 * Measures several ways to do something in turn, so that whatever else the machine does falls on all of them alike: one
 * round to warm up, then as many as asked for, each in the opposite order of the one before.
 *
 * @template T
 * @param {number} rounds
 * @param {Record<string, () => Promise<T>>} ways
 * @returns {Promise<Record<string, T[]>>} what each returned, round by round
 */
export async function takeTurns(rounds, ways) {
  const samples = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  const order = Object.entries(ways)
  for (let round = -1; round < rounds; round++) {
    for (const [name, act] of order) {
      const sample = await act()
      if (round >= 0) samples[name].push(sample)
    }
    order.reverse()
  }
  return samples
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of one figure of all samples. */
export function medianOf(samples, figure) {
  return median(samples.map((sample) => sample[figure]))
}

export function times(ratio) {
  return `${ratio.toFixed(2)} times`
}

export function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`
}

/** What is said of a part that needs something which this machine does not have. */
export function skipped(what, why) {
  console.log(`skipped ${what}: ${why}`)
  return { what, comparedWith: '', measured: 'not measured', target: why }
}

import { toTenth } from '../run/histogram.js'

/**
 * The nearest-rank percentile of an ascending list: the smallest value that at least `percent` of the values do not
 * exceed. Rounded to a tenth.
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return toTenth(sorted[rank - 1] ?? 0)
}

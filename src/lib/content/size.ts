import { UsageError } from '../errors.js'

const BYTES_PER_UNIT: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ['kb', 1000n],
  ['mb', 1000n ** 2n],
  ['gb', 1000n ** 3n],
  ['tb', 1000n ** 4n],
  ['pb', 1000n ** 5n],
  ['kib', 1024n],
  ['mib', 1024n ** 2n],
  ['gib', 1024n ** 3n],
  ['tib', 1024n ** 4n],
  ['pib', 1024n ** 5n],
])

const SIZE = /^(?<whole>\d+(?:_\d+)*)(?:\.(?<fraction>\d+))?\s*(?<unit>[a-z]*)$/i
const PREFIX_ALONE = /^[kmgtp]i?$/i
const BITS = /^[KMGTP][iI]?b$/
const DISPLAY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/**
 * Returns the number of bytes that a text such as `20MiB`, `1.5 GB`, `1_000` or `512` stands for.
 *
 * - Units are B, kB, MB, GB, TB, PB (powers of 1000) and KiB, MiB, GiB, TiB, PiB (powers of 1024), in any case, except
 *   that a small b after a capital (`Mb`, `Gib`) is refused: it is the notation for bits.
 * - A prefix alone (`2k`, `5G`) is refused, because some read it as a power of 1000 and others as one of 1024.
 * - What a fraction leaves below a whole byte is dropped: `1.1KiB` is 1126. A fraction of plain bytes is refused.
 *
 * @throws UsageError when the text is no size, or larger than 2^53 - 1 bytes
 */
export function parseSize(text: string): number {
  const { whole, fraction = '', unit } = SIZE.exec(text.trim())?.groups ?? {}
  if (whole === undefined || unit === undefined) throw refuse(text, 'is not a size')
  if (PREFIX_ALONE.test(unit)) throw refuse(text, `is ambiguous: ${unit}B or only ${unit.slice(0, 1)}?`)
  if (BITS.test(unit)) throw refuse(text, `counts bits: write ${unit.slice(0, -1)}B for bytes`)
  const bytesPerUnit = BYTES_PER_UNIT.get(unit.toLowerCase())
  if (bytesPerUnit === undefined) throw refuse(text, 'has a unit that is not known')
  if (fraction !== '' && bytesPerUnit === 1n) throw refuse(text, 'is not a whole number of bytes')

  const scaled = BigInt(whole.replaceAll('_', '') + fraction) * bytesPerUnit
  const sizeBytes = scaled / 10n ** BigInt(fraction.length)
  if (sizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse(text, 'is more than the largest size, 2^53 - 1 bytes')
  return Number(sizeBytes)
}

/**
 * Returns the bytes per second that a text such as `50MiB/s` or `50MiB` stands for: a size, see {@link parseSize}.
 *
 * @throws UsageError when the text is no size, or zero, at which nothing would ever arrive
 */
export function parseRate(text: string): number {
  const bytesPerSecond = parseSize(text.replace(/\s*\/\s*s\s*$/i, ''))
  if (bytesPerSecond === 0) throw refuse(text, 'is no rate: nothing would ever arrive')
  return bytesPerSecond
}

/**
 * Returns a size for people, in binary units with at most one decimal: `512 B`, `20 MiB`, `1.5 GiB`.
 *
 * @throws RangeError when the figure is negative or not finite
 */
export function formatSize(sizeBytes: number): string {
  if (!Number.isFinite(sizeBytes) || sizeBytes < 0) throw new RangeError(`Not a size: ${sizeBytes}`)
  let unitIndex = 0
  let figure = roundToTenths(sizeBytes)
  // The rounded figure decides, so that just under 1 MiB is not shown as 1024 KiB
  while (figure >= 1024 && unitIndex < DISPLAY_UNITS.length - 1) {
    unitIndex++
    figure = roundToTenths(sizeBytes / 1024 ** unitIndex)
  }
  return `${figure} ${DISPLAY_UNITS[unitIndex]}`
}

function roundToTenths(figure: number): number {
  return Math.round(figure * 10) / 10
}

function refuse(text: string, why: string): UsageError {
  return new UsageError(`${JSON.stringify(text.slice(0, 60))} ${why}`, [
    'Give a number of bytes, or one with a unit: 20MiB (binary), 1.5GB (decimal), 1_000, 512',
  ])
}

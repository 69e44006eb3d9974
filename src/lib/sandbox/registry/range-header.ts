import type { ByteRange } from '../../content/byte-source.js'

/**
 * Reads a Range header (RFC 9110 section 14.2). Returns undefined for everything that a server is to answer as if there
 * were no header: none, another unit, several ranges, nonsense.
 */
export function parseRangeHeader(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? '']
  if (first === '' && last === '') return undefined
  const range =
    first === ''
      ? { start: Math.max(sizeBytes - Number(last), 0), end: sizeBytes }
      : { start: Number(first), end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) }
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  return range.start < range.end ? range : 'unsatisfiable'
}

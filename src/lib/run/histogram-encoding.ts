import { JsHistogram } from 'hdr-histogram-js/dist/JsHistogram.js'
import { decompress } from 'hdr-histogram-js/dist/JsHistogram.encoding.js'
import { LatencyHistogram } from './histogram.js'

/** Of a histogram, what its encoded counts do not hold exactly. */
export interface ExactTimes {
  readonly minMs: number
  readonly maxMs: number
  readonly sumMs: number
}

/**
 * Writes the counts of a histogram, exactly: HdrHistogram's V2 format, compressed, as Base64, which its libraries in other
 * languages read as well. Values are microseconds.
 */
export function encodeCounts(histogram: LatencyHistogram): string {
  return histogram.counts.encodeIntoCompressedBase64()
}

/**
 * Reads what {@link encodeCounts} wrote.
 *
 * @throws Error for anything else
 */
export function decodeCounts(encoded: string, exact: ExactTimes): LatencyHistogram {
  const counts = decompress(Buffer.from(encoded, 'base64'))
  return LatencyHistogram.of(JsHistogram.decode(counts), exact)
}

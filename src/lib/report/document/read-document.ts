import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { UsageError } from '../../errors.js'
import { describeFailure } from '../../files/describe-failure.js'
import { toHistogram } from './latency.js'
import { REPORT_FORMAT, type LatencyPart, type RunDocument } from './model.js'
import { REPORT_SCHEMA } from './schema.js'

/**
 * Reads a report that `--report FILE.json` has written.
 *
 * @throws UsageError when the file cannot be read or is not such a report
 */
export async function readDocument(file: string): Promise<RunDocument> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`The report ${file} cannot be read: ${describeFailure(error)}.`, [
      'give files that --report FILE.json wrote',
    ])
  }
  const mismatch = findMismatch(value)
  if (mismatch !== undefined) {
    throw new UsageError(`The file ${file} is not a report in the format ${REPORT_FORMAT}: ${mismatch}.`, [
      'give files that --report FILE.json of this version wrote; bailo-exp report schema prints the format',
    ])
  }
  return value as RunDocument
}

/** The first thing in which a value is not a report; undefined for a report. */
export function findMismatch(value: unknown): string | undefined {
  const ajv = new Ajv({ allErrors: false, strict: true })
  addFormats.default(ajv)
  if (!ajv.validate(REPORT_SCHEMA, value)) {
    const [error] = ajv.errors ?? []
    return `${error?.instancePath || 'the document'} ${error?.message ?? 'does not fit'}`
  }
  for (const [where, latency] of listLatencies(value as RunDocument)) {
    try {
      if (latency !== undefined) toHistogram(latency)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return `the histogram of ${where} cannot be read: ${reason}`
    }
  }
  return undefined
}

/** All histograms of a report, with what each is of. */
function* listLatencies({ steps, timeline, experiment }: RunDocument): Generator<[string, LatencyPart | undefined]> {
  for (const { kind, latency } of steps) yield [JSON.stringify(kind), latency]
  for (const [index, { latency }] of timeline.buckets.entries()) yield [`bucket ${index}`, latency]
  if (experiment?.type === 'scanners') {
    for (const { scanner, latency } of experiment.scanners) yield [JSON.stringify(scanner), latency]
  }
  if (experiment?.type === 'concurrent-file-uploads') {
    for (const [index, { latency }] of experiment.rows.entries()) yield [`row ${index}`, latency]
  }
  if (experiment?.type === 'mirroring') {
    for (const { kinds } of experiment.transfers)
      for (const { kind, latency } of kinds) yield [JSON.stringify(kind), latency]
  }
}

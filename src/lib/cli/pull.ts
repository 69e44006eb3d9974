import { countOf } from '../report/text.js'
import { describeSource, type SourceSummary } from '../lint/report.js'
import { toCanonical } from '../lint/specification/canonical.js'
import type { ApiVersion, LoadOptions } from '../lint/specification/load.js'
import { writeWhole } from '../files/write-whole.js'
import { loadSpecifications, safely } from './check.js'
import type { ConnectionFlags } from './load-settings.js'

/** What was fetched, and into which file. */
export type PullSummary = SourceSummary & { readonly output: string | undefined }

/**
 * Fetches the specification of one version of the API, puts it into its canonical order, and writes it to a file if one
 * is named.
 *
 * @throws SpecificationError and others when the instance has none; UsageError when the file cannot be written
 */
export async function pullSpecification(
  flags: ConnectionFlags & { readonly version: ApiVersion; readonly output?: string | undefined },
  options: LoadOptions,
): Promise<{ document: unknown; summary: PullSummary }> {
  const tell = safely(options.tell)
  const [loaded] = await loadSpecifications([], flags, { ...options, tell }, [flags.version])
  if (loaded === undefined) throw new TypeError('no specification, and no error')
  const document = toCanonical(loaded.document.root)
  const summary = { ...describeSource(loaded.document, loaded.operations.length), output: flags.output }
  if (flags.output !== undefined) {
    await writeWhole(flags.output, `${JSON.stringify(document, undefined, 2)}\n`)
    tell(`${countOf(summary.operations, 'operation')} of ${summary.source} written to ${flags.output}.`)
  }
  return { document, summary }
}

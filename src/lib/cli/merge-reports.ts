import { mergeDocuments } from '../report/document/merge-documents.js'
import type { RunDocument } from '../report/document/model.js'
import { readDocument } from '../report/document/read-document.js'
import { writeReports, type ReportFile } from '../report/document/write-reports.js'

/**
 * Joins the reports of the shards of a run, and writes the joined one.
 *
 * @throws UsageError for files that are no such reports, or not of one whole run; nothing is written then
 */
export async function mergeReports(files: readonly string[], reports: readonly ReportFile[]): Promise<RunDocument> {
  const documents = await Promise.all(files.map(async (file) => ({ file, document: await readDocument(file) })))
  const merged = mergeDocuments(documents)
  await writeReports(merged, reports)
  return merged
}

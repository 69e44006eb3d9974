import { writeWhole } from '../../files/write-whole.js'
import type { RunDocument } from './model.js'

/** The forms of a report, by the extension of its file. Each is loaded when it is written. */
const FORMATS = {
  '.json': async () => (await import('./formats/json.js')).formatJson,
  '.html': async () => (await import('./formats/html.js')).formatHtml,
  '.xml': async () => (await import('./formats/junit.js')).formatJunit,
  '.md': async () => (await import('./formats/markdown.js')).formatMarkdown,
} as const

export type ReportExtension = keyof typeof FORMATS

export const REPORT_EXTENSIONS = Object.keys(FORMATS) as readonly ReportExtension[]

/** A file that a report is to be written to. */
export interface ReportFile {
  readonly path: string
  readonly extension: ReportExtension
}

/**
 * Writes a report to several files, each in the form that its extension stands for. Each appears whole or not at all.
 *
 * @throws UsageError of the first one that could not be written, after all have been tried
 */
export async function writeReports(document: RunDocument, files: readonly ReportFile[]): Promise<void> {
  const outcomes = await Promise.allSettled(
    files.map(async ({ path, extension }) => {
      const format = await FORMATS[extension]()
      await writeWhole(path, await Promise.resolve(format(document)), 'report')
    }),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

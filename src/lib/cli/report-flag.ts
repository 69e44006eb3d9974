import { access, constants, stat } from 'node:fs/promises'
import path from 'node:path'
import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import { REPORT_EXTENSIONS, type ReportExtension, type ReportFile } from '../report/document/write-reports.js'

/** A flag for files that a report is written to. */
export const reportFlag = Flags.custom<ReportFile>({
  description: 'write a report of the run: .html to read, .json, .xml (JUnit) or .md; may be repeated',
  helpGroup: 'OUTPUT',
  helpValue: 'FILE',
  parse: parseReportFile,
  // Without it, help has "[default: ]" for none.
  defaultHelp: () => Promise.resolve(''),
})

/**
 * Reads the name of a file that a report is to be written to, and looks whether that can be.
 *
 * @throws UsageError for an extension that stands for no form, and for a directory that is not there or cannot be written to
 */
export async function parseReportFile(file: string): Promise<ReportFile> {
  const extension = path.extname(file).toLowerCase()
  if (!isReportExtension(extension)) {
    throw new UsageError(`${JSON.stringify(file)} has no extension that stands for a form of report.`, [
      `end the name in ${REPORT_EXTENSIONS.join(', ')}`,
    ])
  }
  const directory = path.dirname(file)
  if (!(await isDirectory(directory))) {
    throw new UsageError(`The directory ${directory} of the report ${path.basename(file)} does not exist.`, [
      'create it, or name another one',
    ])
  }
  const isWritable = await access(directory, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!isWritable) throw new UsageError(`The directory ${directory} of the report cannot be written to.`)
  if (await isDirectory(file)) throw new UsageError(`The report ${file} is a directory.`)
  return { path: file, extension }
}

function isReportExtension(extension: string): extension is ReportExtension {
  return (REPORT_EXTENSIONS as readonly string[]).includes(extension)
}

function isDirectory(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

import { showControls } from '../../http/server-text.js'
import { formatWorkflowCommand } from '../../report/workflow-command.js'
import type { Level } from '../finding.js'
import type { Format } from './format.js'
import { summaryLines } from './summary-lines.js'

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Readonly<
  Record<Level, string>
>

/** Workflow commands of GitHub Actions, which become annotations; the summary stands below in the log. */
export const github: Format = (report) => {
  const annotations = report.findings.map(({ level, file, line, column, rule, message }) => {
    // An annotation of a file that is not in the repository would be shown nowhere.
    const isUrl = /^https?:/i.test(file)
    const properties = { file: isUrl ? null : file, line, col: column, title: rule }
    return formatWorkflowCommand(COMMANDS[level], properties, isUrl ? `${file}: ${message}` : message)
  })
  // A line of the summary that began with two colons would be a command.
  return [...annotations, ...summaryLines(report).map((line) => showControls(line).replace(/^::/, ': :'))].join('\n')
}

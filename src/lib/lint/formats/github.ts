import { showControls } from '../../http/server-text.js'
import type { Level } from '../finding.js'
import type { Format } from './format.js'
import { summaryLines } from './summary-lines.js'

const COMMANDS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'notice' }

/**
 * Workflow commands of GitHub Actions, which become annotations; the summary stands below in the log.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const github: Format = (report) => {
  const annotations = report.findings.map(({ level, file, line, column, rule, message }) => {
    // An annotation of a file that is not in the repository would be shown nowhere.
    const isUrl = /^https?:/i.test(file)
    const properties = { file: isUrl ? null : file, line, col: column, title: rule }
    const list = Object.entries(properties).flatMap(([name, value]) =>
      value === null ? [] : [`${name}=${escapeProperty(String(value))}`],
    )
    return `::${COMMANDS[level]} ${list.join(',')}::${escapeData(isUrl ? `${file}: ${message}` : message)}`
  })
  // A line of the summary that began with two colons would be a command.
  return [...annotations, ...summaryLines(report).map((line) => showControls(line).replace(/^::/, ': :'))].join('\n')
}

function escapeData(text: string): string {
  return showControls(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

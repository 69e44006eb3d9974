import chalk from 'chalk'
import { showControls } from '../../http/server-text.js'
import { formatTable } from '../../report/text.js'
import type { Finding, Level } from '../finding.js'
import type { Format } from './format.js'
import { summaryLines } from './summary-lines.js'

/** Findings under the file that they are in, and the summary below. */
export const stylish: Format = (report) => {
  const files = new Map<string, Finding[]>()
  for (const finding of report.findings) files.set(finding.file, [...(files.get(finding.file) ?? []), finding])
  const blocks = [...files].map(([file, findings]) =>
    [chalk.underline(showControls(file)), ...findings.map(formatFinding)].join('\n'),
  )
  const { coverage } = report.summary
  if (coverage !== undefined) {
    const rows = coverage.tags.map(({ tag, covered, total }) => [
      tag === '' ? '(no tag)' : showControls(tag),
      String(covered),
      String(total),
    ])
    blocks.push(formatTable(['Tag', 'covered', 'of'], rows))
  }
  return [...blocks, summaryLines(report).map(showControls).join('\n')].join('\n\n')
}

const COLOURS: Readonly<Record<Level, (text: string) => string>> = {
  error: (text) => chalk.red(text),
  warning: (text) => chalk.yellow(text),
  info: (text) => chalk.blue(text),
}

function formatFinding({ line, column, level, message, rule, fingerprint }: Finding): string {
  const place = line === null ? '' : `${line}:${column ?? 1}`
  const end = chalk.dim(`${rule}  ${fingerprint}`)
  return `  ${place.padEnd(8)} ${COLOURS[level](level.padEnd(7))}  ${showControls(message)}  ${end}`
}

import { code, escapeText, table } from '../../report/markdown-text.js'
import type { Finding } from '../finding.js'
import type { Format } from './format.js'
import { summaryLines } from './summary-lines.js'

/** Tables for a merge request or the summary of a job. */
export const markdown: Format = (report) => {
  const { findings, summary } = report
  const blocks = [`## ${summary.failed ? 'The check failed' : 'The check passed'}`]
  blocks.push(
    summaryLines(report)
      .map((line) => `- ${escapeText(line)}`)
      .join('\n'),
  )
  if (findings.length > 0) {
    const rows = findings.map(({ level, rule, message, fingerprint, ...finding }) => [
      level,
      code(rule),
      code(placeOf(finding)),
      escapeText(message),
      code(fingerprint),
    ])
    blocks.push(table(['Level', 'Rule', 'Where', 'What', 'Fingerprint'], rows))
  }
  if (summary.coverage !== undefined) {
    const rows = summary.coverage.tags.map(({ tag, covered, total }) => [
      tag === '' ? '(no tag)' : escapeText(tag),
      String(covered),
      String(total),
    ])
    blocks.push(table(['Tag', 'Covered', 'Of'], rows))
  }
  return blocks.join('\n\n')
}

function placeOf({ file, line }: Pick<Finding, 'file' | 'line'>): string {
  return line === null ? file : `${file}:${line}`
}

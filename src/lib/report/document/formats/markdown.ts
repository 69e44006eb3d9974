import { formatSize } from '../../../content/size.js'
import { code, escapeText, table } from '../../markdown-text.js'
import { formatDuration } from '../../text.js'
import { experimentTables } from '../experiment-tables.js'
import type { Excerpt, RunDocument } from '../model.js'
import { OUTCOME_TITLES } from '../verdict.js'
import { describeRun, latencyText } from '../words.js'

/** So that a report stays below what GitHub takes as the summary of a job (1 MiB), and can be read. */
const MAX_ROWS = 50

/** Markdown for the summary of a job or a merge request. */
export function formatMarkdown(document: RunDocument): string {
  const { run, verdict, steps, errors, slowest, failed, findings } = document
  const mark = verdict.exitCode === 0 ? '✅' : '❌'
  const blocks = [
    `## ${mark} ${escapeText(run.command)}: ${OUTCOME_TITLES[verdict.outcome]}`,
    `${escapeText(verdict.message)} Exit code ${verdict.exitCode}.`,
  ]
  if (steps.length > 0) {
    const head = ['Steps', 'Done', 'Done before', 'Failed', 'Retries', 'Bytes', 'p50 / p95 / max']
    const rows = steps.map(({ kind, done, skipped, failed, retried, bytes, latency }) => [
      escapeText(kind),
      ...[done, skipped, failed, retried].map(String),
      bytes > 0 ? formatSize(bytes) : '',
      latency === undefined ? '' : latencyText(latency),
    ])
    blocks.push(table(head, rows))
  }
  for (const { title, head, rows, note } of experimentTables(document.experiment)) {
    blocks.push(
      `### ${title}`,
      table(
        [...head],
        rows.slice(0, MAX_ROWS).map((row) => row.map(escapeText)),
      ),
    )
    if (note !== undefined) blocks.push(escapeText(note))
  }
  blocks.push(
    ...list('Failed steps', failed, ({ step, message }) => `${code(step)}: ${escapeText(message)}`),
    ...list('Findings', findings, ({ subject, message }) => `${escapeText(`${subject} ${message}`)}`),
  )
  if (errors.length > 0) {
    const rows = errors.map(({ error, message, requests, steps }) => [
      code(error),
      escapeText(message),
      String(requests),
      String(steps),
    ])
    blocks.push(fold('Errors by kind', table(['Error', 'Message', 'Requests', 'Steps'], rows)))
  }
  if (slowest.length > 0) {
    const rows = slowest.map(({ step, outcome, durationMs, retries }) => [
      code(step),
      outcome,
      formatDuration(durationMs),
      String(retries),
    ])
    blocks.push(fold('Slowest steps', table(['Step', 'Outcome', 'Time', 'Retries'], rows)))
  }
  const about = describeRun(document).map(([name, value]) => [escapeText(name), code(value)])
  blocks.push(fold('About this run', table(['', ''], about)))
  return `${blocks.join('\n\n')}\n`
}

function list<T>(title: string, { count, first }: Excerpt<T>, format: (item: T) => string): string[] {
  if (count === 0) return []
  const shown = first.slice(0, MAX_ROWS)
  const rest = count - shown.length
  const lines = [...shown.map((item) => `- ${format(item)}`), ...(rest > 0 ? [`- and ${rest} more`] : [])]
  return [`### ${title} (${count})`, lines.join('\n')]
}

function fold(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`
}

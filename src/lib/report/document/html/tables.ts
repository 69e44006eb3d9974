import { formatSize } from '../../../content/size.js'
import { formatDuration } from '../../text.js'
import type { ErrorPart, KindPart, SlowStepPart } from '../model.js'
import { formatFigure, type Chart } from './chart.js'
import { escapeHtml } from './escape.js'

/** A cell: text, which is escaped, or HTML. */
export type Cell = string | { readonly html: string }

export interface HtmlTable {
  readonly caption?: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Columns of text besides the first one; the others are figures. */
  readonly textColumns?: readonly number[]
}

/** A table that can be scrolled, also with the keyboard. */
export function renderTable({ caption, head, rows, textColumns = [] }: HtmlTable, label: string): string {
  const kind = (column: number): string => (textColumns.includes(column) ? ' class="text"' : '')
  const body = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const content = typeof cell === 'string' ? escapeHtml(cell) : cell.html
      return column === 0 ? `<th scope="row">${content}</th>` : `<td${kind(column)}>${content}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  const titles = head.map((title, column) => `<th scope="col"${kind(column)}>${escapeHtml(title)}</th>`)
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table>${
    caption === undefined ? '' : `<caption>${escapeHtml(caption)}</caption>`
  }<thead><tr>${titles.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
}

/** The figures of a chart, one row for each place on its x axis. */
export function chartTable({ x, y, series, title }: Chart): string {
  const rows = x.values.map((value, index) => [
    formatFigure(value, x.format),
    ...series.map(({ values }) => {
      const figure = values[index]
      return figure === null || figure === undefined ? '' : formatFigure(figure, y.format)
    }),
  ])
  return renderTable({ head: [x.label, ...series.map(({ label }) => label)], rows }, `Figures: ${title}`)
}

export function stepsTable(steps: readonly KindPart[]): string {
  const isContinued = steps.some(({ skipped }) => skipped > 0)
  const rows = steps.map(({ kind, done, skipped, failed, retried, bytes, latency }) => [
    kind,
    String(done),
    ...(isContinued ? [String(skipped)] : []),
    String(failed),
    String(retried),
    bytes > 0 ? formatSize(bytes) : '',
    ...(latency === undefined
      ? ['', '', '', '']
      : [latency.p50Ms, latency.p95Ms, latency.p99Ms, latency.maxMs].map(formatDuration)),
  ])
  const head = [
    'Kind',
    'Done',
    ...(isContinued ? ['Done before'] : []),
    'Failed',
    'Retries',
    'Bytes',
    'p50',
    'p95',
    'p99',
    'Longest',
  ]
  return renderTable({ head, rows }, 'Steps by kind')
}

export function errorsTable(errors: readonly ErrorPart[]): string {
  const most = Math.max(...errors.map(({ requests, steps }) => requests + steps))
  const rows = errors.map(({ error, message, requests, steps }) => [
    error,
    message,
    String(requests),
    String(steps),
    bar(requests + steps, most),
  ])
  const head = ['Error', 'Message', 'Requests', 'Steps', '']
  return renderTable({ head, rows, textColumns: [1] }, 'Errors by kind')
}

export function slowestTable(slowest: readonly SlowStepPart[]): string {
  const most = slowest[0]?.durationMs ?? 1
  const rows = slowest.map(({ step, outcome, durationMs, bytes, retries }) => [
    step,
    outcome,
    bytes > 0 ? formatSize(bytes) : '',
    String(retries),
    formatDuration(durationMs),
    bar(durationMs, most),
  ])
  return renderTable(
    { head: ['Step', 'Outcome', 'Bytes', 'Retries', 'Time', ''], rows, textColumns: [1] },
    'Slowest steps',
  )
}

/** A bar of so much of the most there is; the figure itself is in a cell beside it. */
function bar(value: number, most: number): Cell {
  const width = Math.max(1, Math.round((100 * value) / Math.max(1, most)))
  return {
    html: `<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="10" rx="1"/></svg>`,
  }
}

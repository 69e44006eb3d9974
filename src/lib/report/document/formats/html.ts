import { createHash } from 'node:crypto'
import { formatSize } from '../../../content/size.js'
import { countOf, formatDuration } from '../../text.js'
import { experimentTables } from '../experiment-tables.js'
import { readAssets } from '../html/assets.js'
import type { Chart } from '../html/chart.js'
import { experimentCharts, runCharts } from '../html/charts.js'
import { embedJson, escapeHtml } from '../html/escape.js'
import { chartTable, errorsTable, renderTable, slowestTable, stepsTable } from '../html/tables.js'
import type { Excerpt, RunDocument } from '../model.js'
import { OUTCOME_TITLES } from '../verdict.js'
import { describeRun, formatMoment } from '../words.js'

/** One page that needs nothing else: no network, no other file. Nothing in it runs but the two scripts that it names. */
export async function formatHtml(document: RunDocument): Promise<string> {
  const { styles, scripts } = await readAssets()
  const [ownCharts, charts] = [experimentCharts(document), runCharts(document)]
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(sourceHash).join(' ')}`,
    `style-src ${sourceHash(styles)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const { run, targets } = document
  const where = targets.at(-1)?.modelId ?? targets.at(-1)?.url
  const title = `${run.command}${where === undefined ? '' : ` in ${where}`}, ${formatMoment(run.startedAt)}`
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<meta name="generator" content="bailo-exp ${escapeHtml(document.tool.version)}">`,
    `<title>${escapeHtml(title)}</title>`,
    `<style>${styles}</style>`,
    '</head>',
    '<body>',
    '<main>',
    verdict(document),
    keyFigures(document),
    failures(document),
    ownSection(document, ownCharts),
    section('How it went', charts.length === 0 ? '' : figures(charts)),
    section('Steps', document.steps.length === 0 ? '' : card(stepsTable(document.steps))),
    section('Errors by kind', document.errors.length === 0 ? '' : card(errors(document))),
    section('Slowest steps', document.slowest.length === 0 ? '' : card(slowestTable(document.slowest))),
    section('Shards', shards(document)),
    footer(document),
    '</main>',
    `<script type="application/json" id="charts">${embedJson([...ownCharts, ...charts])}</script>`,
    ...scripts.map((script) => `<script>${script}</script>`),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** Content Security Policy Level 3, "hash-source". */
function sourceHash(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

function section(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${content}</section>`
}

function card(content: string): string {
  return `<div class="card">${content}</div>`
}

function verdict(document: RunDocument): string {
  const { verdict: end, run } = document
  const isGood = end.exitCode === 0
  const about = describeRun(document).map(
    ([name, value]) =>
      `<dt>${escapeHtml(name)}</dt><dd${name === 'command' ? ' class="mono"' : ''}>${escapeHtml(value)}</dd>`,
  )
  return [
    `<header class="verdict${isGood ? ' good' : ''}">`,
    `<p class="outcome">${isGood ? '✓' : '✗'} ${escapeHtml(OUTCOME_TITLES[end.outcome])}</p>`,
    `<h1>${escapeHtml(run.command)}</h1>`,
    `<p>${escapeHtml(end.message)} Exit code ${end.exitCode}.</p>`,
    run.resume === undefined || !isOpen(document)
      ? ''
      : `<p>To do the rest: <code>${escapeHtml(run.resume)}</code></p>`,
    `<dl class="about">${about.join('\n')}</dl>`,
    '</header>',
  ].join('\n')
}

/** Whether steps are left for another process: what is found although all of them were made is not for it to mend. */
function isOpen({ verdict: { outcome }, failed }: RunDocument): boolean {
  return failed.count > 0 || (outcome !== 'passed' && outcome !== 'findings')
}

function keyFigures({ run, steps, planned, findings }: RunDocument): string {
  const sum = (field: 'done' | 'failed' | 'skipped' | 'bytes'): number =>
    steps.reduce((total, kind) => total + kind[field], 0)
  const [done, failed, skipped, bytes] = [sum('done'), sum('failed'), sum('skipped'), sum('bytes')]
  const perSecond = run.durationMs > 0 ? 1000 / run.durationMs : 0
  const tiles: (readonly [name: string, value: string, isBad?: boolean])[] = [
    ...(run.isDryRun ? [['steps planned', String(planned.count)] as const] : []),
    ['steps done', String(done)],
    ...(skipped > 0 ? [['done before', String(skipped)] as const] : []),
    ['steps failed', String(failed), failed > 0],
    ['findings', String(findings.count), findings.count > 0],
    ['retries', String(run.retries)],
    ['time', formatDuration(run.durationMs)],
    ['steps per second', (done * perSecond).toFixed(1)],
    ...(bytes > 0
      ? ([
          ['bytes', formatSize(bytes)],
          ['bytes per second', `${formatSize(Math.round(bytes * perSecond))}/s`],
        ] as const)
      : []),
  ]
  const items = tiles.map(
    ([name, value, isBad]) => `<div${isBad ? ' class="bad"' : ''}><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`,
  )
  return `<dl class="figures">${items.join('\n')}</dl>`
}

function failures({ failed, findings, planned }: RunDocument): string {
  const hint = (tryNext: readonly string[]): string =>
    tryNext.map((one) => `<br><span class="hint">Try: ${escapeHtml(one)}</span>`).join('')
  return [
    list(
      'Failed steps',
      failed,
      ({ step, message, tryNext }) => `<code>${escapeHtml(step)}</code>: ${escapeHtml(message)}${hint(tryNext)}`,
    ),
    list(
      'Findings',
      findings,
      ({ subject, message, tryNext }) =>
        `${escapeHtml(`${subject} ${message}`)}${hint(tryNext === undefined ? [] : [tryNext])}`,
    ),
    list('Steps that would be made', planned, (step) => `<code>${escapeHtml(step)}</code>`),
  ].join('\n')
}

function list<T>(title: string, { count, first }: Excerpt<T>, format: (item: T) => string): string {
  if (count === 0) return ''
  const rest = count - first.length
  const items = first.map((item) => `<li>${format(item)}</li>`).join('\n')
  const more = rest > 0 ? `<p class="hint">and ${rest} more</p>` : ''
  const label = escapeHtml(title)
  return section(
    `${title} (${count})`,
    card(
      `<div class="scroll" tabindex="0" role="region" aria-label="${label}"><ul class="items">${items}</ul></div>${more}`,
    ),
  )
}

/** What only this experiment measures. */
function ownSection({ experiment, run }: RunDocument, charts: readonly Chart[]): string {
  const tables = experimentTables(experiment).map(({ title, head, rows, note }) => {
    // Columns of words, as in lists of differences, are read from the left.
    const textColumns = head.length <= 2 ? [1] : []
    const remark = note === undefined ? '' : `<p class="hint">${escapeHtml(note)}</p>`
    return card(`<h3>${escapeHtml(title)}</h3>${renderTable({ head, rows, textColumns }, title)}${remark}`)
  })
  const content = [...tables, ...(charts.length > 0 ? [figures(charts)] : [])].join('\n')
  return section(`What ${run.command} measured`, content === '' ? '' : `<div class="stack">${content}</div>`)
}

function figures(charts: readonly Chart[]): string {
  return `<div class="charts">${charts.map(figure).join('\n')}</div>`
}

function figure(chart: Chart): string {
  const { id, title, description } = chart
  const label = `${title}. ${description} Arrow keys read the figures one by one; a table of them is below.`
  return [
    `<figure class="card" id="${id}">`,
    `<figcaption><h3>${escapeHtml(title)}</h3><p>${escapeHtml(description)}</p></figcaption>`,
    `<div class="plot" tabindex="0" role="img" aria-label="${escapeHtml(label)}"></div>`,
    '<ul class="legend"></ul>',
    '<output aria-live="polite"></output>',
    '<noscript><p class="hint">Charts are drawn where scripts may run; the table has the same figures.</p></noscript>',
    `<details><summary>Figures of this chart</summary>${chartTable(chart)}</details>`,
    '</figure>',
  ].join('\n')
}

function errors({ errors: groups }: RunDocument): string {
  const requests = groups.reduce((sum, group) => sum + group.requests, 0)
  const steps = groups.reduce((sum, group) => sum + group.steps, 0)
  const extent = `${countOf(requests, 'request')} failed, also those that were sent again with success; ${countOf(steps, 'step')} failed for good.`
  return `<p class="hint">${extent}</p>${errorsTable(groups)}`
}

function shards({ merged }: RunDocument): string {
  if (merged === undefined) return ''
  const rows = merged.map(({ shard, startedAt, endedAt, exitCode }) => [
    `${shard.index} of ${shard.count}`,
    formatMoment(startedAt),
    formatDuration(Date.parse(endedAt) - Date.parse(startedAt)),
    String(exitCode),
  ])
  return card(renderTable({ head: ['Shard', 'Started', 'Time', 'Exit code'], rows, textColumns: [1] }, 'Shards'))
}

function footer({ format, tool }: RunDocument): string {
  return `<footer><p>Made by bailo-exp ${escapeHtml(tool.version)}. Times of day are UTC. The same figures for machines: --report FILE.json, format ${escapeHtml(format)}.</p></footer>`
}

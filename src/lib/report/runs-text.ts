import chalk from 'chalk'
import { describeCreated } from '../run/created.js'
import type { RunDetails, RunSummary } from '../run/journal/describe-run.js'
import { joinBlocks, withVisibleControls } from './run-text.js'
import { countOf, formatTable, wrapText } from './text.js'

/** The runs as a table, one line each. */
export function formatRuns(rawRuns: readonly RunSummary[]): string {
  const runs = withVisibleControls(rawRuns)
  if (runs.length === 0) return 'There are no runs.'
  const table = formatTable(
    ['run', 'command', 'started (UTC)', 'state', 'made'],
    runs.map(({ id, command = '?', startedAt, state, createdCount }) => [
      id,
      command,
      startedAt === undefined ? '?' : formatMinute(startedAt),
      state,
      String(createdCount ?? '?'),
    ]),
  )
  const problems = runs.flatMap(({ problem }) => (problem === undefined ? [] : wrapText(problem, '', '  ')))
  return joinBlocks(table, problems.join('\n'))
}

/** All that is known of a run. */
export function formatRun(rawRun: RunDetails & { readonly resume?: string }): string {
  const run = withVisibleControls(rawRun)
  if (run.problem !== undefined) return wrapText(run.problem, '', '  ').join('\n')
  const { id, command = '', state, startedAt = '', version = '', cwd = '', args = [], origins = [] } = run
  const { stepsDone = 0, stepsOpen = 0, failed = [], created = [], removedCount = 0, resume } = run
  const facts = [
    ['state', state],
    ['started', `${formatMoment(startedAt)} by version ${version}`],
    ['in', cwd],
    ['flags', args.join(' ') || 'none'],
    ['at', origins.join(', ')],
    ['steps', `${stepsDone} done, ${stepsOpen} failed or open`],
    ...(removedCount > 0 ? [['removed', countOf(removedCount, 'thing')]] : []),
  ]
  return joinBlocks(
    chalk.bold(`Run ${id} of ${command}`),
    facts.flatMap(([name = '', value = '']) => wrapText(`${name.padEnd(8)} ${value}`, '  ', '           ')).join('\n'),
    formatSection(
      'Failed:',
      failed.map(({ key, message }) => `${key}: ${message}`),
    ),
    formatSection('Made, and not cleaned up:', created.map(describeCreated)),
    resume === undefined ? '' : `To go on with it:\n  ${resume}`,
  )
}

function formatSection(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return [title, ...lines.flatMap((line) => wrapText(`- ${line}`, '  ', '    '))].join('\n')
}

/** `2026-11-28 11:18`, in UTC. */
function formatMinute(moment: string): string {
  return new Date(moment).toISOString().slice(0, 16).replace('T', ' ')
}

/** ISO 8601 without the fraction of a second. */
function formatMoment(moment: string): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, 'Z')
}

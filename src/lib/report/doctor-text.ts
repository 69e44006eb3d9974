import chalk from 'chalk'
import type { CheckStatus } from '../doctor/check.js'
import type { DoctorResult } from '../doctor/index.js'
import { joinBlocks, withVisibleControls } from './run-text.js'
import { wrapText } from './text.js'

const LABELS: Readonly<Record<CheckStatus, string>> = { pass: 'ok', fail: 'FAIL', note: 'note', skipped: '-' }
const COLOURS: Readonly<Record<CheckStatus, (text: string) => string>> = {
  pass: (text) => chalk.green(text),
  fail: (text) => chalk.red(text),
  note: (text) => chalk.yellow(text),
  skipped: (text) => chalk.dim(text),
}
const LABEL_WIDTH = 4
const ID_WIDTH = 13

/** The result of `doctor` for people, at most 80 columns wide where names allow. */
export function formatDoctor(rawResult: DoctorResult): string {
  const { url, checks, verdicts } = withVisibleControls(rawResult)
  const indent = ' '.repeat(LABEL_WIDTH + ID_WIDTH + 4)
  const lines = checks.flatMap(({ id, status, detail, tryNext }) => [
    ...wrapText(detail, `${COLOURS[status](LABELS[status].padEnd(LABEL_WIDTH))}  ${id.padEnd(ID_WIDTH)} `, indent),
    ...tryNext.flatMap((hint) => wrapText(`Try: ${hint}.`, indent, `${indent}  `)),
  ])
  const width = Math.max(...verdicts.map(({ command }) => command.length))
  const verdictLines = verdicts.flatMap(({ command, isReady, text }) =>
    wrapText(isReady ? chalk.green(text) : text, `  ${command.padEnd(width)} `, ' '.repeat(6)),
  )
  return joinBlocks(chalk.bold(`Checks of ${url}`), lines.join('\n'), ['What can be run:', ...verdictLines].join('\n'))
}

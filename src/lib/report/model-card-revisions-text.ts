import chalk from 'chalk'
import type { FieldKind } from '../content/schema-values/index.js'
import type { CardRevisionsResult } from '../experiments/model-card-revisions/index.js'
import {
  formatFailures,
  formatFindings,
  formatPlannedSteps,
  formatTarget,
  formatVerdict,
  formatWork,
  joinBlocks,
  withVisibleControls,
} from './run-text.js'
import { countOf, formatDuration, wrapText } from './text.js'

const NOUNS: readonly (readonly [FieldKind, string, string])[] = [
  ['text', 'text', 'texts'],
  ['date', 'date', 'dates'],
  ['number', 'number', 'numbers'],
  ['boolean', 'yes or no', 'yes or no'],
  ['choice', 'choice', 'choices'],
  ['list', 'list', 'lists'],
  ['object', 'object', 'objects'],
]

/** The summary of `model-card-revisions` for people, at most 80 columns wide where names allow. */
export function formatCardRevisions(rawResult: CardRevisionsResult): string {
  const result = withVisibleControls(rawResult)
  const { run, target, check, findings } = result
  return joinBlocks(
    formatTarget('model-card-revisions', target, run),
    formatFields(result),
    formatLeftOut(result),
    run.isDryRun ? `${formatPlannedSteps(run)}\n${formatPace(result)}` : '',
    run.steps.length > 0 ? formatWork([{ label: 'revisions', kind: 'revision', alreadyThere: '-' }], run) : '',
    run.isDryRun ? '' : formatRaces(result),
    formatFailures(run),
    formatFindings(findings),
    formatVerdict(run, findings, check === undefined ? '' : describeConfirmation(check)),
  )
}

function describeConfirmation({ identical, latestVersion }: NonNullable<CardRevisionsResult['check']>): string {
  const extent = countOf(identical, 'revision')
  return `${chalk.green('Identical')} to what was sent by comparison: ${extent}; the latest version is ${latestVersion}.`
}

function formatFields({ schemaId, fields }: CardRevisionsResult): string {
  const counts = NOUNS.filter(([kind]) => fields[kind] > 0).map(([kind, one, many]) => countOf(fields[kind], one, many))
  const noTexts = fields.text === 0 ? ' It has no texts, so that nothing can be read in these cards.' : ''
  return wrapText(`Each card fills in all of the schema ${schemaId}: ${counts.join(', ')}.${noTexts}`, '', '  ').join(
    '\n',
  )
}

function formatLeftOut({ leftOut }: CardRevisionsResult): string {
  if (leftOut.length === 0) return ''
  const lines = leftOut.flatMap((what) => wrapText(what, '  ', '    '))
  return ['Left out, because no value can be made for it:', ...lines].join('\n')
}

function formatPace({ planned }: CardRevisionsResult): string {
  return planned.intervalMs === 0
    ? 'No waiting between them.'
    : `One start every ${formatDuration(planned.intervalMs)}.`
}

function formatRaces({ racesLost }: CardRevisionsResult): string {
  if (racesLost === 0) return ''
  const times = countOf(racesLost, 'time')
  return wrapText(
    `${times} a revision was refused because another was saved at the same moment; each was sent again.`,
    '',
    '  ',
  ).join('\n')
}

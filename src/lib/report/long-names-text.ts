import chalk from 'chalk'
import type { LongNamesResult } from '../experiments/long-names/index.js'
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
import { formatTable, wrapText } from './text.js'

const IN_PARTS =
  'The file was uploaded in parts, where its name is in a body: in the address of a simple upload it might be too long ' +
  'for the proxy in front of Bailo, which then answers 414.'

/** The summary of `long-names` for people, at most 80 columns wide where ids allow; the long texts are not in it. */
export function formatLongNames(rawResult: LongNamesResult): string {
  const result = withVisibleControls(rawResult)
  const { run, target, dataCardId, texts, findings, isFileInParts, isCompared } = result
  return joinBlocks(
    formatTarget('long-names', target, run),
    dataCardId === '' || run.isDryRun ? '' : wrapText(`The data card is ${dataCardId}.`, '', '  ').join('\n'),
    formatTable(
      ['', 'characters', 'bytes'],
      texts.map(({ what, characters, bytes }) => [what, String(characters), String(bytes)]),
    ),
    isFileInParts ? wrapText(IN_PARTS, '', '').join('\n') : '',
    run.isDryRun ? formatPlannedSteps(run) : '',
    run.steps.length > 0
      ? formatWork(
          [
            { label: 'models', kind: 'model', alreadyThere: '-' },
            { label: 'data cards', kind: 'data-card', alreadyThere: '-' },
            { label: 'cards', kind: 'card', alreadyThere: '-' },
            { label: 'cards filled in', kind: 'texts', alreadyThere: '-' },
            { label: 'files', kind: 'file', alreadyThere: '-' },
            { label: 'releases', kind: 'release', alreadyThere: '-' },
          ],
          run,
        )
      : '',
    formatFailures(run),
    formatFindings(findings),
    formatVerdict(run, findings, isCompared ? `${chalk.green('Identical')} to what was sent by comparison.` : ''),
  )
}

import chalk from 'chalk'
import type { ManyModelsResult } from '../experiments/many-models-with-tags/index.js'
import type { TagSearch, Verdict } from '../experiments/many-models-with-tags/search-tags.js'
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
import { countOf, formatTable, wrapText } from './text.js'

const VERDICTS: Readonly<Record<Verdict, string>> = {
  'as-expected': 'ok',
  'any-case': 'ok, any case',
  'as-written': 'ok, as written',
  wrong: 'WRONG',
}

const LEGEND =
  'Created: models of this run with the tag. Expected: how many of them a search finds by what is known of Bailo, ' +
  'which keeps tags in lower case and looks for exactly these characters in libraries, and for any case in text. ' +
  'Others: models of this run without the tag; a search by text finds those with a single word of it, too.'

/** The summary of `many-models-with-tags` for people, at most 80 columns wide where tags allow. */
export function formatManyModels(rawResult: ManyModelsResult): string {
  const result = withVisibleControls(rawResult)
  const { run, target, tags, tagsIn, searches, findings } = result
  const hasCards = tagsIn.cardSchemaId !== undefined
  return joinBlocks(
    formatTarget('many-models-with-tags', target, run),
    formatPlaces(result),
    run.isDryRun ? `${formatDraws(tags)}\n\n${formatPlannedSteps(run)}` : '',
    run.steps.length > 0
      ? formatWork(
          [
            { label: 'models', kind: 'model', alreadyThere: '-' },
            ...(hasCards
              ? [
                  { label: 'cards', kind: 'card', alreadyThere: '-' },
                  { label: 'tags in cards', kind: 'card-tags', alreadyThere: '-' },
                ]
              : []),
          ],
          run,
        )
      : '',
    formatFailures(run),
    searches.length > 0 ? formatSearches(searches) : '',
    formatFindings(findings),
    formatVerdict(
      run,
      findings,
      `${chalk.green('All')} ${countOf(searches.length, 'search', 'searches')} found what they should.`,
    ),
  )
}

function formatPlaces({ tagsIn }: ManyModelsResult): string {
  const { isOnModel, cardSchemaId, notInCards } = tagsIn
  const places = [
    ...(isOnModel ? ['on the models'] : []),
    ...(cardSchemaId === undefined ? [] : [`in overview.tags of cards of ${cardSchemaId}`]),
  ]
  const why = notInCards === undefined ? '' : ` Not in cards: ${notInCards}.`
  return wrapText(`The tags are ${places.join(' and ')}.${why}`, '', '  ').join('\n')
}

function formatDraws(tags: ManyModelsResult['tags']): string {
  return formatTable(
    ['tag', 'models'],
    tags.map(({ tag, planned }) => [tag, String(planned)]),
  )
}

function formatSearches(searches: readonly TagSearch[]): string {
  const rows = searches.map(({ tag, kind, letterCase, created, expected, found, others, verdict }, index) => {
    const isFirst = searches[index - 1]?.tag !== tag
    const figures = [created, expected, found, others].map(String)
    return [isFirst ? tag : '', kind, letterCase, ...figures, VERDICTS[verdict]]
  })
  const table = formatTable(['tag', 'search', 'case', 'created', 'expected', 'found', 'others', ''], rows)
  return [table, '', ...wrapText(LEGEND, '', '')].join('\n')
}

import { UsageError } from '../errors.js'
import { showControls } from '../http/server-text.js'
import { formatTable, wrapText } from '../report/text.js'
import { CHANGE_RULES } from './diff/rules.js'
import { nearestOf } from '../report/nearest.js'
import { RULES } from './rules/index.js'
import type { Example, RuleInfo } from './rules/rule.js'

/** A rule as it is listed. */
export interface ListedRule extends RuleInfo {
  /** The check that it belongs to. */
  readonly check: 'lint' | 'diff'
  readonly bad?: Example
  readonly good?: Example
}

export interface RuleList {
  readonly rules: readonly ListedRule[]
}

/**
 * Lists all rules, or one.
 *
 * @throws UsageError when there is no such rule
 */
export function listRules(id: string | undefined): RuleList {
  const rules: ListedRule[] = [
    ...RULES.map(({ id, level, description, bad, good }) => ({
      id,
      check: 'lint' as const,
      level,
      description,
      bad,
      good,
    })),
    ...CHANGE_RULES.map(({ id, level, description }) => ({ id, check: 'diff' as const, level, description })),
  ]
  if (id === undefined) return { rules }
  const wanted = rules.filter((rule) => rule.id === id)
  if (wanted.length > 0) return { rules: wanted }
  const near = nearestOf(
    id,
    rules.map((rule) => rule.id),
  )
  throw new UsageError(`There is no rule "${showControls(id)}".`, [
    near === undefined ? 'list all of them without an argument' : `use ${near}, which may be what is meant`,
  ])
}

/** The rules as text; with their examples when that is asked for. */
export function formatRules({ rules }: RuleList, withExamples: boolean): string {
  if (withExamples) return rules.map(formatRule).join('\n\n')
  return (['lint', 'diff'] as const)
    .map((check) => {
      const own = rules.filter((rule) => rule.check === check)
      const width = Math.max(...own.map(({ id }) => id.length))
      const lines = own.flatMap(({ id, level, description }) =>
        wrapText(description, `${id.padEnd(width)}  ${level.padEnd(7)} `, ' '.repeat(width + 11)),
      )
      return [`openapi ${check}`, '', ...lines].join('\n')
    })
    .join('\n\n')
}

function formatRule({ id, check, level, description, bad, good }: ListedRule): string {
  const head = [
    formatTable(['Rule', 'check', 'level'], [[id, `openapi ${check}`, level]]),
    '',
    ...wrapText(description, '', ''),
  ]
  const examples = [
    ...(bad === undefined ? [] : ['', 'It finds this:', ...formatExample(bad)]),
    ...(good === undefined ? [] : ['', 'It does not find this:', ...formatExample(good)]),
  ]
  return [...head, ...examples].join('\n')
}

const PARTS = ['specification', 'contract', 'client', 'answer'] as const

function formatExample(example: Example): string[] {
  return PARTS.flatMap((part) => {
    const text = example[part]
    return text === undefined ? [] : [`  ${part}:`, ...text.split('\n').map((line) => `    ${line}`)]
  })
}

import { UsageError } from '../errors.js'
import { countOf } from '../report/text.js'
import { readBaseline, sortByBaseline, writeBaseline } from './baseline.js'
import { readConfig } from './config.js'
import type { Finding } from './finding.js'
import { chooseLevels, parseSetting, type FailOn, type Levels } from './levels.js'
import { countFindings, type Summary } from './report.js'
import type { RuleInfo } from './rules/rule.js'

/** What the flags that all checks share say. */
export interface CheckOptions {
  readonly config: string | undefined
  /** `rule=level`. */
  readonly rules: readonly string[]
  readonly failOn: FailOn | undefined
  readonly baseline: string | undefined
  readonly isUpdatingBaseline: boolean
  /** Called with what the user should know besides the findings. */
  readonly tell: (message: string) => void
}

/** How findings are to be judged: flags, then the settings file, then the defaults of the rules. */
export interface Judgement {
  readonly levels: Levels
  readonly failOn: FailOn
  readonly baseline: string | undefined
}

/**
 * Reads what flags and settings file say, before anything is looked at.
 *
 * @param known all rules that may be set; the settings file is shared by all checks
 * @throws UsageError when one of them cannot be used
 */
export async function readJudgement(known: readonly RuleInfo[], options: CheckOptions): Promise<Judgement> {
  const config = await readConfig(options.config)
  const levels = chooseLevels(known, [...config.rules, ...options.rules.map(parseSetting)])
  const baseline = options.baseline ?? config.baseline
  if (options.isUpdatingBaseline && baseline === undefined) {
    throw new UsageError('--update-baseline needs to know which file.', ['add --baseline FILE'])
  }
  return { levels, failOn: options.failOn ?? config.failOn ?? 'error', baseline }
}

/**
 * Takes out the findings that are in the baseline, or writes all of them into it, and counts the rest.
 *
 * @param didRun whether a rule was carried out, so that its absence from the findings means something
 * @throws UsageError when the baseline cannot be read or written
 */
export async function conclude(
  findings: readonly Finding[],
  { failOn, baseline: path }: Judgement,
  { isUpdatingBaseline, tell }: CheckOptions,
  didRun: (rule: string) => boolean,
): Promise<{ findings: readonly Finding[] } & Pick<Summary, 'baselined' | 'stale'> & ReturnType<typeof countFindings>> {
  const entries = path === undefined ? [] : await readBaseline(path, isUpdatingBaseline)
  if (path !== undefined && isUpdatingBaseline) {
    await writeBaseline(path, findings, entries, didRun)
    tell(`${countOf(findings.length, 'finding')} written to ${path}.`)
    return { findings: [], baselined: findings.length, stale: [], ...countFindings([], failOn) }
  }
  const { fresh, known, stale } = sortByBaseline(findings, entries, didRun)
  if (stale.length > 0) {
    const list = stale.map(({ fingerprint, rule }) => `${fingerprint} (${rule})`).join(', ')
    tell(`Nothing is found any more for ${countOf(stale.length, 'entry', 'entries')} of the baseline: ${list}.`)
  }
  return { findings: fresh, baselined: known, stale, ...countFindings(fresh, failOn) }
}

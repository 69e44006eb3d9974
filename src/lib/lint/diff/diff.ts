import { conclude, readJudgement, type CheckOptions } from '../conclude.js'
import { Fingerprints, LEVELS, toFinding } from '../finding.js'
import { describeSource, type Report } from '../report.js'
import { RULES } from '../rules/index.js'
import { inOperation } from '../rules/problems.js'
import type { LoadedDocument } from '../specification/parse.js'
import { findChanges } from './changes.js'
import { CHANGE_RULES } from './rules.js'

export interface DiffOptions extends CheckOptions {
  readonly loadOld: () => Promise<LoadedDocument>
  readonly loadNew: () => Promise<LoadedDocument>
  /** Of this tool. */
  readonly version: string
}

/**
 * Says what changed between two specifications for a client, what breaks it first.
 *
 * @throws UsageError for a setting that cannot be used, SpecificationError and others when one cannot be loaded
 */
export async function diff(options: DiffOptions): Promise<Report> {
  const judgement = await readJudgement([...RULES, ...CHANGE_RULES], options)
  const [before, after] = await Promise.all([options.loadOld(), options.loadNew()])
  const rules = CHANGE_RULES.filter(({ id }) => judgement.levels.has(id))
  const fingerprints = new Fingerprints()
  const findings = [...findChanges(before.operations, after.operations)].flatMap((change) => {
    const level = judgement.levels.get(change.rule)
    const { rule, operation, message, pointer } = change
    // What the message says is all that tells two changes of one rule and operation apart.
    const problem = inOperation(operation, message, { subject: message, pointer })
    return level === undefined ? [] : [toFinding(rule, level, problem, fingerprints)]
  })
  // Sorting is stable: within a level the order is that of the specifications.
  findings.sort((left, right) => LEVELS.indexOf(left.level) - LEVELS.indexOf(right.level))
  const didRun = (id: string): boolean => rules.some((rule) => rule.id === id)
  const { findings: shown, ...counts } = await conclude(findings, judgement, options, didRun)
  const specifications = [before, after].map(({ document, operations }) => describeSource(document, operations.length))
  return { findings: shown, summary: { ...counts, specifications }, rules, version: options.version }
}

import type { BaselineEntry } from './baseline.js'
import type { Coverage } from './coverage.js'
import type { Finding } from './finding.js'
import type { FailOn } from './levels.js'
import type { SpecificationDocument } from './specification/document.js'
import type { RuleInfo } from './rules/rule.js'

/** A specification that was looked at. */
export interface SourceSummary {
  /** File or URL. */
  readonly source: string
  readonly title: string
  readonly version: string
  readonly operations: number
}

/** What a client was found to do. */
export interface ClientSummary {
  /** As they were named. */
  readonly names: readonly string[]
  readonly calls: number
  /** Calls that are an operation of a specification. */
  readonly matched: number
  readonly unresolved: number
  /** Operations of the contract that no specification is expected to have, which were left out. */
  readonly exempt: number
}

/** What was asked of the instance with `--live-responses`. */
export interface LiveSummary {
  /** GET operations that were called. */
  readonly called: number
  readonly requests: number
  readonly notCalled: readonly { readonly path: string; readonly reason: string }[]
}

export interface Summary {
  readonly errors: number
  readonly warnings: number
  readonly infos: number
  readonly failOn: FailOn
  /** True when there is a finding of the level that the check fails on. */
  readonly failed: boolean
  /** Findings that are in the baseline, and so are not listed. */
  readonly baselined: number
  readonly stale: readonly BaselineEntry[]
  readonly specifications: readonly SourceSummary[]
  readonly client?: ClientSummary
  readonly coverage?: Coverage
  readonly liveResponses?: LiveSummary
}

/** What a check prints, in any format; `findings` and `summary` are the document of `--json`. */
export interface Report {
  readonly findings: readonly Finding[]
  readonly summary: Summary
  /** The rules that ran. */
  readonly rules: readonly RuleInfo[]
  /** Version of this tool. */
  readonly version: string
}

export function describeSource(document: SpecificationDocument, operations: number): SourceSummary {
  return { source: document.label, ...document.info, operations }
}

/** Counts findings by level, and says whether they fail the check. */
export function countFindings(
  findings: readonly Finding[],
  failOn: FailOn,
): Pick<Summary, 'errors' | 'warnings' | 'infos' | 'failOn' | 'failed'> {
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
  return {
    errors: count('error'),
    warnings: count('warning'),
    infos: count('info'),
    failOn,
    failed: findings.some((finding) => fails(finding, failOn)),
  }
}

/** Whether one finding is enough to fail a check. */
export function fails({ level }: Pick<Finding, 'level'>, failOn: FailOn): boolean {
  return failOn !== 'never' && (level === 'error' || level === failOn)
}

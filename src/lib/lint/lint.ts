import { countOf } from '../report/text.js'
import type { Client } from './clients/index.js'
import { readClient } from './clients/index.js'
import { conclude, readJudgement, type CheckOptions } from './conclude.js'
import { measureCoverage } from './coverage.js'
import { Fingerprints, toFinding, type Finding } from './finding.js'
import { CHANGE_RULES } from './diff/rules.js'
import type { LiveAnswers } from './live/call.js'
import { Matcher } from './match.js'
import { describeSource, type ClientSummary, type Report } from './report.js'
import { RULES } from './rules/index.js'
import type { MatchedCall, Subject } from './rules/rule.js'
import { SpecificationDocument } from './specification/document.js'
import { readOperations, type Operation } from './specification/operations.js'
import type { LoadedDocument } from './specification/parse.js'

export interface LintOptions extends CheckOptions {
  /** See {@link readClient}; together they are taken for one client. */
  readonly clients: readonly string[]
  readonly loadSpecifications: () => Promise<readonly LoadedDocument[]>
  /** Asks the instance; undefined when it is not to be asked. */
  readonly callInstance: ((specifications: readonly LoadedDocument[]) => Promise<LiveAnswers>) | undefined
  /** Of this tool. */
  readonly version: string
}

/** Rules that need to know something that is not always there. */
const NEEDS_CONTRACT = 'response-drift'
const NEEDS_INSTANCE = 'response-mismatch'

/**
 * Compares what clients do with what specifications say.
 *
 * @throws UsageError for a client or a setting that cannot be used, SpecificationError and others when there is nothing
 *   to compare with
 */
export async function lint(options: LintOptions): Promise<Report> {
  const judgement = await readJudgement([...RULES, ...CHANGE_RULES], options)
  const clients = await Promise.all([...new Set(options.clients)].map(readClient))
  const specifications = await options.loadSpecifications()
  const operations = specifications.flatMap((loaded) => loaded.operations)
  const { subject, client } = await compare(clients, operations)
  warnOfNothing(client, subject, options)
  const live = await options.callInstance?.(specifications)
  const didRun = (rule: string): boolean =>
    judgement.levels.has(rule) &&
    RULES.some(({ id }) => id === rule) &&
    (rule !== NEEDS_CONTRACT || clients.some(({ isContract }) => isContract)) &&
    (rule !== NEEDS_INSTANCE || live !== undefined)
  const rules = RULES.filter(({ id }) => didRun(id))
  const complete: Subject = { ...subject, mismatches: live?.mismatches ?? [] }
  const fingerprints = new Fingerprints()
  const findings = rules.flatMap((rule) =>
    [...rule.check(complete)].map((problem) =>
      toFinding(rule.id, judgement.levels.get(rule.id) ?? rule.level, problem, fingerprints),
    ),
  )
  warnOfReferences(specifications, options)
  const { findings: shown, ...counts } = await conclude(sortFindings(findings), judgement, options, didRun)
  return {
    findings: shown,
    summary: {
      ...counts,
      specifications: specifications.map((loaded) => describeSource(loaded.document, loaded.operations.length)),
      client,
      coverage: measureCoverage(operations, subject.calls),
      ...(live && { liveResponses: live.summary }),
    },
    rules,
    version: options.version,
  }
}

/** Finds out what each call is, and pairs the contract's operations with those of the specifications. */
async function compare(
  clients: readonly Client[],
  operations: readonly Operation[],
): Promise<{ subject: Subject; client: ClientSummary }> {
  const matcher = new Matcher(operations)
  const served = new Set(operations.map(({ path }) => versionOf(path)))
  const all = clients.flatMap(({ calls, isContract }) =>
    calls.map((call) => ({ call, isExempt: isContract && isExempt(call, served) })),
  )
  const looked = all.filter((one) => !one.isExempt).map(({ call }) => call)
  const calls = looked.flatMap((call): MatchedCall[] => {
    const { path } = call
    return path === undefined ? [] : [{ ...call, path, match: matcher.match(call.method, path) }]
  })
  const unresolved = looked.filter(({ path }) => path === undefined)
  const contract = clients.some(({ isContract }) => isContract) ? await pairWithContract(operations) : []
  const client = {
    names: clients.map(({ label }) => label),
    calls: looked.length,
    matched: calls.filter(({ match }) => match.kind === 'operation').length,
    unresolved: unresolved.length,
    exempt: all.length - looked.length,
  }
  const unreadable = clients.flatMap((one) => one.unreadable)
  return { subject: { operations, calls, unresolved, unreadable, contract, mismatches: [] }, client }
}

/**
 * The contract knows of operations that are served and in no specification. It also has all versions of the API, where an
 * older instance or a single file has one; then nothing can be said about the other one.
 */
function isExempt({ isUndocumented, path }: Client['calls'][number], served: ReadonlySet<string>): boolean {
  return isUndocumented === true || (path !== undefined && !served.has(versionOf(path)))
}

function versionOf(path: string): string {
  return /^\/api\/v\d+\//.exec(path)?.[0] ?? ''
}

async function pairWithContract(operations: readonly Operation[]): Promise<Subject['contract']> {
  const { readShippedContract } = await import('./clients/shipped-contract.js')
  const { document } = await readShippedContract()
  const own = readOperations(new SpecificationDocument('contract', document))
  const byName = new Map(own.map((operation) => [`${operation.method} ${operation.path}`, operation]))
  return operations.flatMap((live) => {
    const ours = byName.get(`${live.method} ${live.path}`)
    return ours === undefined ? [] : [{ own: ours, live }]
  })
}

/** A check that compares nothing with anything finds little, which must not look like a client that fits. */
function warnOfNothing(client: ClientSummary, { calls, operations }: Subject, { tell }: LintOptions): void {
  const names = client.names.join(', ')
  if (client.calls === 0) {
    tell(`No request was found in ${names}, so nothing was compared: is it the file that makes them?`)
  } else if (client.matched === 0) {
    const [ours, theirs] = [calls[0]?.path, operations[0]?.path]
    const example =
      ours === undefined
        ? 'the path of none of them can be told'
        : `the first one goes to ${ours}, the specification begins with ${theirs ?? ''}`
    tell(
      `None of ${countOf(client.calls, 'call')} of ${names} is in the specification: ${example}. Is it for this API?`,
    )
  }
}

function warnOfReferences(specifications: readonly LoadedDocument[], { tell }: LintOptions): void {
  for (const { document } of specifications) {
    const [first] = document.unresolved
    if (first === undefined) continue
    const count = countOf(document.unresolved.length, 'reference')
    tell(`${document.label} has ${count} that lead nowhere in it, such as "${first}"; they were taken for anything.`)
  }
}

/** The client's findings come first, in the order of its source; those of specifications keep the order of the rules. */
function sortFindings(findings: readonly Finding[]): Finding[] {
  const inClient = findings.filter(({ line }) => line !== null)
  const compare = (left: Finding, right: Finding): number =>
    (left.file < right.file ? -1 : left.file > right.file ? 1 : 0) ||
    (left.line ?? 0) - (right.line ?? 0) ||
    (left.column ?? 0) - (right.column ?? 0)
  return [...inClient.sort(compare), ...findings.filter(({ line }) => line === null)]
}

import { ExitCode, UsageError } from '../../errors.js'
import { ErrorGroups } from '../../run/recording/error-groups.js'
import { MAX_SLOWEST } from '../../run/recording/recorder.js'
import { countOf } from '../text.js'
import { distinct, joinDistinct, joinExcerpts } from './excerpt.js'
import { joinCloneReleases } from './experiments/clone-releases-part.js'
import { joinRamps } from './experiments/ramp-part.js'
import { joinScanners } from './experiments/scanners-part.js'
import { joinLatencies } from './latency.js'
import type { ExperimentPart, KindPart, RunDocument, ShardPart, Verdict } from './model.js'
import { joinTimelines } from './timeline.js'
import { OUTCOME_OF } from './verdict.js'

/** Flags in which the shards of one run may differ: which share it is, and where the keys are on its machine. */
const OWN_FLAGS = /^--(shard|env-file|from-env-file|to-env-file)=/

/** The worst last. */
const SEVERITY: readonly number[] = [
  ExitCode.Done,
  ExitCode.Findings,
  ExitCode.Partial,
  ExitCode.Interrupted,
  ExitCode.Unreachable,
  ExitCode.Usage,
  ExitCode.Bug,
]

/** A report, and the file that it was read from. */
export interface NamedDocument {
  readonly file: string
  readonly document: RunDocument
}

type Shard = NamedDocument & { readonly shard: ShardPart }

/**
 * Joins the reports of all shards of a run, as if it had been one run. Histograms are joined exactly.
 *
 * @throws UsageError when a shard is missing or there twice, or when the reports are not of one and the same run
 */
export function mergeDocuments(documents: readonly NamedDocument[]): RunDocument {
  const shards = documents.map(requireShard).sort((a, b) => a.shard.index - b.shard.index)
  const [first] = shards
  if (first === undefined) throw new UsageError('There is no report to join.')
  requireSame(shards)
  requireComplete(shards)
  const all = shards.map(({ document }) => document)
  const startedAt = all.map(({ run }) => run.startedAt).reduce((a, b) => (a < b ? a : b))
  const endedAt = all.map(({ run }) => run.endedAt).reduce((a, b) => (a > b ? a : b))
  const { id, command, seed, isDryRun } = first.document.run
  const errors = new ErrorGroups()
  for (const document of all) errors.add(document.errors)
  const experiment = joinExperiments(all.flatMap((document) => document.experiment ?? []))
  return {
    format: first.document.format,
    tool: first.document.tool,
    environment: first.document.environment,
    run: {
      id,
      command,
      seed,
      isDryRun,
      args: sharedArgs(first.document),
      concurrency: sum(all, (document) => document.run.concurrency),
      startedAt,
      endedAt,
      durationMs: Date.parse(endedAt) - Date.parse(startedAt),
      retries: sum(all, (document) => document.run.retries),
    },
    merged: shards.map(({ shard, document: { run: one, verdict } }) => ({
      shard,
      startedAt: one.startedAt,
      endedAt: one.endedAt,
      exitCode: verdict.exitCode,
    })),
    targets: distinct(all.flatMap(({ targets }) => targets)),
    verdict: joinVerdicts(shards),
    steps: joinKinds(all.flatMap(({ steps }) => steps)),
    timeline: joinTimelines(all.map(({ timeline }) => timeline)),
    errors: errors.list(),
    slowest: all
      .flatMap(({ slowest }) => slowest)
      .sort((a, b) => b.durationMs - a.durationMs)
      .slice(0, MAX_SLOWEST),
    failed: joinExcerpts(all.map(({ failed }) => failed)),
    findings: joinDistinct(all.map(({ findings }) => findings)),
    planned: joinExcerpts(all.map(({ planned }) => planned)),
    ...(experiment && { experiment }),
  }
}

function requireShard({ file, document }: NamedDocument): Shard {
  const { shard, merged } = document
  if (shard !== undefined) return { file, document, shard }
  throw new UsageError(
    merged === undefined
      ? `The report ${file} is not of a shard, but of a whole run.`
      : `The report ${file} is itself joined from others.`,
    ['give the reports of runs that were started with --shard'],
  )
}

/** What must be the same in the reports of all shards. */
const SAMENESS: readonly { readonly what: string; readonly of: (shard: Shard) => string }[] = [
  { what: 'version', of: ({ document }) => document.tool.version },
  { what: 'command', of: ({ document }) => document.run.command },
  { what: 'number of shards', of: ({ shard }) => String(shard.count) },
  { what: 'seed', of: ({ document }) => document.run.seed },
  { what: 'flags', of: ({ document }) => sharedArgs(document).join(' ') || 'none' },
  { what: 'run', of: ({ document }) => document.run.id },
  { what: 'mode', of: ({ document }) => (document.run.isDryRun ? 'dry run' : 'real run') },
]

function requireSame(shards: readonly Shard[]): void {
  for (const { what, of } of SAMENESS) {
    const [first, other] = [shards[0], shards.find((shard) => of(shard) !== of(shards[0] as Shard))]
    if (first === undefined || other === undefined) continue
    throw new UsageError(
      `The reports are not of one run, their ${what} differs: ${of(first)} in ${first.file}, ${of(other)} in ${other.file}.`,
      ['run all shards with the same version, command, flags, seed and --run-key'],
    )
  }
}

function requireComplete(shards: readonly Shard[]): void {
  const count = shards[0]?.shard.count ?? 0
  const byIndex = new Map<number, Shard>()
  for (const shard of shards) {
    const known = byIndex.get(shard.shard.index)
    if (known !== undefined) {
      throw new UsageError(`Shard ${shard.shard.index} is there twice: in ${known.file} and ${shard.file}.`, [
        'of a shard that was run again, give the report of the last run',
      ])
    }
    if (shard.shard.index > count) {
      throw new UsageError(`The report ${shard.file} is of shard ${shard.shard.index} of ${count}, which cannot be.`)
    }
    byIndex.set(shard.shard.index, shard)
  }
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !byIndex.has(index))
  if (missing.length === 0) return
  const which = `${missing.length === 1 ? 'shard' : 'shards'} ${missing.slice(0, 20).join(', ')}`
  throw new UsageError(
    `Of ${count} shards ${missing.length} ${missing.length === 1 ? 'is' : 'are'} missing: ${which}.`,
    ['give the reports of all shards; run those again that have left none'],
  )
}

function sharedArgs({ run }: RunDocument): string[] {
  return run.args.filter((word) => !OWN_FLAGS.test(word))
}

function joinVerdicts(shards: readonly Shard[]): Verdict {
  const severity = Math.max(...shards.map(({ document }) => SEVERITY.indexOf(document.verdict.exitCode)))
  const exitCode = (SEVERITY[severity] ?? ExitCode.Bug) as ExitCode
  const notPassed = shards.filter(({ document }) => document.verdict.exitCode !== 0)
  const parts = notPassed.map(({ shard, document }) => `Shard ${shard.index}: ${document.verdict.message}`)
  const message = [`${shards.length - notPassed.length} of ${countOf(shards.length, 'shard')} passed.`, ...parts]
  return { exitCode, outcome: OUTCOME_OF[exitCode], message: message.join(' ') }
}

function joinKinds(parts: readonly KindPart[]): KindPart[] {
  const kinds = new Map<string, KindPart[]>()
  for (const part of parts) kinds.set(part.kind, [...(kinds.get(part.kind) ?? []), part])
  return [...kinds].map(([kind, same]) => {
    const latency = joinLatencies(same.map((part) => part.latency))
    return {
      kind,
      done: sum(same, ({ done }) => done),
      skipped: sum(same, ({ skipped }) => skipped),
      failed: sum(same, ({ failed }) => failed),
      retried: sum(same, ({ retried }) => retried),
      bytes: sum(same, ({ bytes }) => bytes),
      ...(latency && { latency }),
    }
  })
}

function joinExperiments(parts: readonly ExperimentPart[]): ExperimentPart | undefined {
  switch (parts[0]?.type) {
    case 'scanners':
      return joinScanners(parts.filter((part) => part.type === 'scanners'))
    case 'clone-releases':
      return joinCloneReleases(parts.filter((part) => part.type === 'clone-releases'))
    case 'concurrent-file-uploads':
      return joinRamps(parts.filter((part) => part.type === 'concurrent-file-uploads'))
    // Is never one of several shards.
    case 'mirroring':
    case undefined:
      return undefined
  }
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0)
}

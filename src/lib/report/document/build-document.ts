import { availableParallelism } from 'node:os'
import type { ExitCode } from '../../errors.js'
import type { Finding } from '../../experiments/result.js'
import type { Recording } from '../../run/recording/recorder.js'
import type { FailedStep, RunReport } from '../../run/run.js'
import type { Shard } from '../../run/shard.js'
import type { KindTally } from '../../run/statistics.js'
import { excerpt } from './excerpt.js'
import { toLatencyPart } from './latency.js'
import { REPORT_FORMAT, type ExperimentPart, type FindingPart, type KindPart, type RunDocument } from './model.js'
import { toTimelinePart } from './timeline.js'
import { toVerdict } from './verdict.js'

/** What a report says of a run by what its steps came to. */
export type ReportedRun = Pick<RunReport, 'id' | 'isDryRun' | 'retries' | 'failed' | 'planned' | 'resume'>

/** What a report says of a run besides how it went. */
export interface DocumentInput {
  /** Of this tool. */
  readonly version: string
  readonly command: string
  readonly args: readonly string[]
  readonly seed: string
  readonly concurrency: number
  readonly shard?: Shard | undefined
  readonly run: ReportedRun
  readonly recording: Recording
  readonly findings: readonly Finding[]
  readonly exitCode: ExitCode
  /** Why the run ended early. */
  readonly reason?: string | undefined
  readonly experiment?: ExperimentPart | undefined
}

/** Makes the report of a run. */
export function buildDocument(input: DocumentInput): RunDocument {
  const { command, args, seed, concurrency, shard, recording, experiment } = input
  const { startedAt, endedAt } = recording
  const { id, isDryRun, retries, resume, planned } = input.run
  const run = {
    id,
    command,
    args,
    seed,
    concurrency,
    isDryRun,
    startedAt,
    endedAt,
    durationMs: Date.parse(endedAt) - Date.parse(startedAt),
    retries,
    ...(resume !== undefined && { resume }),
  }
  const failed = excerpt(input.run.failed, ({ key, message, tryNext }: FailedStep) => ({ step: key, message, tryNext }))
  const findings = excerpt(input.findings, toFindingPart)
  return {
    format: REPORT_FORMAT,
    tool: { name: 'bailo-exp', version: input.version },
    environment: {
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      cpus: availableParallelism(),
    },
    run,
    ...(shard && { shard: { index: shard.index, count: shard.count } }),
    targets: recording.targets,
    verdict: toVerdict(input.exitCode, input.reason, { failed, findings, run }),
    steps: recording.tallies.map(toKindPart),
    timeline: toTimelinePart(recording.timeline),
    errors: recording.errors.map(({ error, message, requests, steps }) => ({ error, message, requests, steps })),
    slowest: recording.slowest,
    failed,
    findings,
    planned: excerpt(planned, (step) => step),
    ...(experiment && { experiment }),
  }
}

function toKindPart({ kind, skipped, failed, retried, bytes, latencies }: KindTally): KindPart {
  const latency = toLatencyPart(latencies)
  return { kind, done: latencies.count, skipped, failed, retried, bytes, ...(latency && { latency }) }
}

/** Leaves out what experiments keep besides. */
export function toFindingPart({ subject, message, tryNext }: Finding): FindingPart {
  return { subject, message, ...(tryNext !== undefined && { tryNext }) }
}

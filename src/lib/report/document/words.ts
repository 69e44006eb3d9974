import { formatDuration } from '../text.js'
import type { LatencyPart, RunDocument } from './model.js'

/** What ran, against what, when, with which versions: names and values for people, in the order to show them in. */
export function describeRun(document: RunDocument): readonly (readonly [name: string, value: string])[] {
  const { run, tool, environment, targets, shard, merged } = document
  return [
    ['command', ['bailo-exp', run.command, ...run.args].join(' ')],
    ...targets
      .filter((target) => isMostExact(target, targets))
      .map(({ url, modelId }) => ['against', modelId === undefined ? url : `${modelId} at ${url}`] as const),
    ['started', formatMoment(run.startedAt)],
    ['ended', `${formatMoment(run.endedAt)}, after ${formatDuration(run.durationMs)}`],
    ['run', run.id],
    ...(shard === undefined ? [] : [['shard', `${shard.index} of ${shard.count}`] as const]),
    ...(merged === undefined ? [] : [['joined', `the reports of ${merged.length} shards`] as const]),
    ['seed', run.seed],
    ['concurrency', String(run.concurrency)],
    ['version', `bailo-exp ${tool.version}, Node.js ${environment.node}`],
    ['machine', `${environment.platform}, ${environment.cpus} processors`],
  ]
}

type Target = RunDocument['targets'][number]

/** An instance says nothing more where a model in it is named. */
function isMostExact(target: Target, all: readonly Target[]): boolean {
  return target.modelId !== undefined || !all.some(({ url, modelId }) => url === target.url && modelId !== undefined)
}

/** Median, 95th percentile and longest. */
export function latencyText({ p50Ms, p95Ms, maxMs }: LatencyPart): string {
  return [p50Ms, p95Ms, maxMs].map(formatDuration).join(' / ')
}

/** A time of day in UTC, the same on all machines. */
export function formatMoment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

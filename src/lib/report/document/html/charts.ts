import type { BucketPart, KindPart, RampPart, RunDocument, ScannersPart } from '../model.js'
import { toHistogram } from '../latency.js'
import { joinTimelines } from '../timeline.js'
import type { Chart, Series } from './chart.js'

/** Lines that can be told apart. */
const MAX_SERIES = 6
/** Of time, in a chart that is half a page wide. */
const MAX_PLACES = 60
/** Bins of a distribution for each power of ten. */
const BINS_PER_DECADE = 10
/** With fewer steps than that a distribution says nothing that the table of steps does not say. */
const MIN_FOR_DISTRIBUTION = 5

/** The charts of a run, those that have something to show. */
export function runCharts(wholeDocument: RunDocument): Chart[] {
  if (wholeDocument.timeline.buckets.length === 0) return []
  const document = { ...wholeDocument, timeline: joinTimelines([wholeDocument.timeline], MAX_PLACES) }
  return [
    latencyChart(document),
    ...distributionChart(document.steps),
    stepRateChart(document),
    ...byteRateChart(document),
    inFlightChart(document),
  ]
}

/** The charts of what only one experiment measures. */
export function experimentCharts({ experiment }: RunDocument): Chart[] {
  if (experiment?.type === 'scanners') return scannersChart(experiment)
  if (experiment?.type === 'concurrent-file-uploads' && experiment.rows.length > 1) return rampCharts(experiment)
  return []
}

function latencyChart(document: RunDocument): Chart {
  const pick = (field: 'p50Ms' | 'p95Ms' | 'maxMs') =>
    document.timeline.buckets.map(({ latency }) => latency?.[field] ?? null)
  const line = (label: string, field: 'p50Ms' | 'p95Ms' | 'maxMs'): Series => ({
    label,
    style: 'line',
    values: pick(field),
  })
  return {
    id: 'latency-over-time',
    title: 'Latency over time',
    description: 'How long the steps took that were done at each time, all kinds together.',
    x: timeAxis(document),
    y: { label: 'time per step', format: 'milliseconds' },
    series: [line('median', 'p50Ms'), line('95th percentile', 'p95Ms'), line('longest', 'maxMs')],
  }
}

function stepRateChart(document: RunDocument): Chart {
  const rates = (field: 'done' | 'failed' | 'retries') => rateOf(document, (bucket) => bucket[field])
  const series: Series[] = [{ label: 'done', style: 'steps', values: rates('done') }]
  const { buckets } = document.timeline
  if (buckets.some(({ failed }) => failed > 0))
    series.push({ label: 'failed', style: 'steps', values: rates('failed') })
  if (buckets.some(({ retries }) => retries > 0)) {
    series.push({ label: 'tried again', style: 'steps', values: rates('retries') })
  }
  return {
    id: 'steps-per-second',
    title: 'Throughput: steps',
    description: 'Steps that ended in each second.',
    x: timeAxis(document),
    y: { label: 'steps per second', format: 'perSecond' },
    series,
  }
}

function byteRateChart(document: RunDocument): Chart[] {
  if (!document.timeline.buckets.some(({ bytes }) => bytes > 0)) return []
  return [
    {
      id: 'bytes-per-second',
      title: 'Throughput: bytes',
      description:
        'Bytes of files and layers that were transferred in each second, also those of attempts that failed.',
      x: timeAxis(document),
      y: { label: 'bytes per second', format: 'bytesPerSecond' },
      series: [{ label: 'bytes', style: 'steps', values: rateOf(document, ({ bytes }) => bytes) }],
    },
  ]
}

function inFlightChart(document: RunDocument): Chart {
  const { buckets } = document.timeline
  const durations = durationsOf(document)
  return {
    id: 'steps-in-flight',
    title: 'Steps in flight',
    description: `How many steps were under way at the same time; ${document.run.concurrency} were allowed.`,
    x: timeAxis(document),
    y: { label: 'steps', format: 'count' },
    series: [
      {
        label: 'mean',
        style: 'steps',
        values: buckets.map(({ busyMs, maxInFlight }, index) =>
          Math.min(maxInFlight, busyMs / (durations[index] ?? 1)),
        ),
      },
      { label: 'most', style: 'steps', values: buckets.map(({ maxInFlight }) => maxInFlight) },
    ],
  }
}

/** Shares of the steps of each kind by how long they took, in bins that are equally wide on a logarithmic axis. */
function distributionChart(steps: readonly KindPart[]): Chart[] {
  const timed = steps.flatMap(({ kind, latency }) => (latency === undefined ? [] : [{ kind, latency }]))
  const many = timed.filter(({ latency }) => latency.count >= MIN_FOR_DISTRIBUTION)
  const kinds = many.toSorted((a, b) => b.latency.count - a.latency.count).slice(0, MAX_SERIES)
  if (kinds.length === 0) return []
  const shares = kinds.map(({ latency }) => {
    const bins = new Map<number, number>()
    for (const { fromMs, toMs, count } of toHistogram(latency).bins()) {
      const bin = Math.floor(Math.log10((fromMs + toMs) / 2) * BINS_PER_DECADE)
      bins.set(bin, (bins.get(bin) ?? 0) + (100 * count) / latency.count)
    }
    return bins
  })
  const used = shares.flatMap((bins) => [...bins.keys()])
  // One empty bin before and behind, so that each line begins and ends on the ground.
  const [first, last] = [Math.min(...used) - 1, Math.max(...used) + 1]
  const bins = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return [
    {
      id: 'latency-distribution',
      title: 'Latency distribution',
      description: 'What share of the steps of each kind took how long; the time is where each bin begins.',
      x: {
        label: 'time per step',
        format: 'milliseconds',
        scale: 'log',
        values: bins.map((bin) => 10 ** (bin / BINS_PER_DECADE)),
      },
      y: { label: 'share of steps', format: 'percent' },
      series: kinds.map(({ kind }, index) => ({
        label: kind,
        style: 'steps',
        values: bins.map((bin) => shares[index]?.get(bin) ?? 0),
      })),
    },
  ]
}

function scannersChart({ scanners }: ScannersPart): Chart[] {
  const shown = scanners.filter(({ points }) => points.length > 0).slice(0, MAX_SERIES)
  if (shown.length === 0) return []
  const all = shown.flatMap(({ points }, series) => points.map((point) => ({ ...point, series })))
  all.sort((a, b) => a.sizeBytes - b.sizeBytes)
  return [
    {
      id: 'time-to-result',
      title: 'Time to result against size',
      description: 'How long each scanner took for files of each size. Both axes are logarithmic.',
      x: {
        label: 'size of file',
        format: 'bytes',
        scale: 'log',
        values: all.map(({ sizeBytes }) => Math.max(1, sizeBytes)),
      },
      y: { label: 'time to result', format: 'milliseconds', scale: 'log' },
      series: shown.map(({ scanner }, index) => ({
        label: scanner,
        style: 'points',
        values: all.map(({ series, afterMs }) => (series === index ? Math.max(1, afterMs) : null)),
      })),
    },
  ]
}

function rampCharts({ rows }: RampPart): Chart[] {
  const sorted = rows.toSorted((a, b) => a.concurrency - b.concurrency)
  const x: Chart['x'] = {
    label: 'uploads at the same time',
    format: 'count',
    scale: 'log2',
    values: sorted.map((row) => row.concurrency),
  }
  return [
    {
      id: 'throughput-against-concurrency',
      title: 'Throughput against concurrency',
      description: 'Bytes per second of all uploads together, by how many ran at the same time.',
      x,
      y: { label: 'bytes per second', format: 'bytesPerSecond' },
      series: [{ label: 'throughput', style: 'markers', values: sorted.map((row) => row.bytesPerSecond) }],
    },
    {
      id: 'latency-against-concurrency',
      title: 'Latency against concurrency',
      description: 'How long an upload took, by how many ran at the same time.',
      x,
      y: { label: 'time per upload', format: 'milliseconds' },
      series: [
        { label: 'median', style: 'markers', values: sorted.map(({ latency }) => latency?.p50Ms ?? null) },
        { label: '95th percentile', style: 'markers', values: sorted.map(({ latency }) => latency?.p95Ms ?? null) },
      ],
    },
  ]
}

function timeAxis({ timeline, run }: RunDocument): Chart['x'] {
  const start = Date.parse(run.startedAt)
  return {
    label: 'time since the start',
    format: 'milliseconds',
    values: timeline.buckets.map((_, index) => Math.max(0, timeline.startMs + index * timeline.widthMs - start)),
  }
}

function rateOf(document: RunDocument, pick: (bucket: BucketPart) => number): number[] {
  const durations = durationsOf(document)
  return document.timeline.buckets.map((bucket, index) => (pick(bucket) / (durations[index] ?? 1)) * 1000)
}

/** How much of each bucket the run took up, but at least half of it, so that what ended on an edge makes no peak. */
function durationsOf({ timeline, run }: RunDocument): number[] {
  const { startMs, widthMs, buckets } = timeline
  return buckets.map((_, index) => {
    const from = Math.max(startMs + index * widthMs, Date.parse(run.startedAt))
    const until = Math.min(startMs + (index + 1) * widthMs, Date.parse(run.endedAt))
    return Math.max(widthMs / 2, until - from)
  })
}

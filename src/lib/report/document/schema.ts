import { OUTCOMES, REPORT_FORMAT } from './model.js'

type Schema = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const flag = { type: 'boolean' }
const moment = { type: 'string', format: 'date-time' }
const ms = { type: 'number', minimum: 0 }
const count = { type: 'integer', minimum: 0 }
const positive = { type: 'integer', minimum: 1 }
const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` })

function list(items: Schema, maxItems?: number): Schema {
  return { type: 'array', items, ...(maxItems !== undefined && { maxItems }) }
}

/** An object of these fields and no others; `optional` may be absent. */
function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  }
}

function counts(...names: readonly string[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(names.map((name) => [name, count]))
}

function excerptOf(items: Schema): Schema {
  return {
    ...object({ count, first: list(items, 500) }),
    description: 'The first of a list, and how long it is.',
  }
}

const definitions = {
  latency: {
    ...object({
      count: positive,
      minMs: ms,
      maxMs: ms,
      sumMs: ms,
      p50Ms: ms,
      p95Ms: ms,
      p99Ms: ms,
      histogram: {
        type: 'string',
        pattern: '^HISTF[A-Za-z0-9+/]+=*$',
        description: "All times in microseconds: HdrHistogram's V2 encoding, compressed, as Base64.",
      },
    }),
    description: 'Times in milliseconds. Shortest, longest and sum are exact, percentiles to a twentieth of a percent.',
  },
  shard: object({ index: positive, count: positive }),
  finding: object({ subject: text, message: text }, { tryNext: text }),
  failed: object({ step: text, message: text, tryNext: list(text) }),
  scanners: object({
    type: { const: 'scanners' },
    intervalMs: ms,
    scanners: list(
      object(
        {
          scanner: text,
          states: object(counts('clean', 'bad', 'skipped', 'error', 'unfinished')),
          points: list(object({ sizeBytes: count, afterMs: ms }), 400),
        },
        { version: text, latency: ref('latency') },
      ),
    ),
  }),
  cloneReleases: object(
    {
      type: { const: 'clone-releases' },
      source: text,
      planned: object(counts('releases', 'skippedReleases', 'files', 'reusedFiles', 'images', 'layers', 'bytes')),
      problems: excerptOf(ref('finding')),
      leftOut: excerptOf(text),
    },
    {
      comparison: object({
        ...counts('releases', 'files', 'images', 'layers'),
        differences: excerptOf(ref('finding')),
      }),
    },
  ),
  mirroring: object(
    {
      type: { const: 'mirroring' },
      intervalMs: ms,
      transfers: list(
        object({
          direction: { enum: ['export', 'import'] },
          kinds: list(
            object({ kind: text, ...counts('completed', 'failed', 'denied', 'open') }, { latency: ref('latency') }),
          ),
          slowest: list(object({ name: text, afterMs: ms }), 5),
        }),
      ),
    },
    {
      compared: object(counts('cards', 'releases', 'files', 'images')),
      verified: object(counts('files', 'layers', 'bytes')),
    },
  ),
  ramp: object({
    type: { const: 'concurrent-file-uploads' },
    sizeBytes: count,
    rows: list(
      object(
        { concurrency: positive, ...counts('done', 'failed', 'bytes', 'bytesPerSecond'), durationMs: ms },
        { latency: ref('latency') },
      ),
    ),
  }),
}

/** The JSON Schema (draft-07) of the reports that `--report FILE.json` writes. */
export const REPORT_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: REPORT_FORMAT,
  title: 'Report of a run of bailo-exp',
  ...object(
    {
      format: { const: REPORT_FORMAT },
      tool: object({ name: { const: 'bailo-exp' }, version: text }),
      environment: object({ node: text, platform: text, cpus: positive }),
      run: object(
        {
          id: text,
          command: text,
          args: {
            ...list(text),
            description: 'Flags and arguments as given, but for those that say where output goes.',
          },
          seed: text,
          concurrency: positive,
          isDryRun: flag,
          startedAt: moment,
          endedAt: moment,
          durationMs: ms,
          retries: count,
        },
        { resume: text },
      ),
      targets: list(object({ url: text }, { modelId: text })),
      verdict: object({ exitCode: count, outcome: { enum: OUTCOMES }, message: text }),
      steps: list(
        object({ kind: text, ...counts('done', 'skipped', 'failed', 'retried', 'bytes') }, { latency: ref('latency') }),
      ),
      timeline: {
        ...object({
          startMs: { ...ms, description: 'Since the epoch.' },
          widthMs: { type: 'number', exclusiveMinimum: 0 },
          buckets: list(
            object(
              { ...counts('done', 'failed', 'retries', 'bytes', 'maxInFlight'), busyMs: ms },
              { latency: ref('latency') },
            ),
            120,
          ),
        }),
        description: 'What happened when. Buckets begin at multiples of their width since the epoch.',
      },
      errors: list(object({ error: text, message: text, ...counts('requests', 'steps') }), 51),
      slowest: list(
        object({
          step: text,
          outcome: { enum: ['done', 'failed'] },
          startedAt: moment,
          durationMs: ms,
          ...counts('bytes', 'retries'),
        }),
        20,
      ),
      failed: excerptOf(ref('failed')),
      findings: excerptOf(ref('finding')),
      planned: excerptOf(text),
    },
    {
      shard: ref('shard'),
      merged: {
        ...list(object({ shard: ref('shard'), startedAt: moment, endedAt: moment, exitCode: count })),
        description: 'The runs that were joined.',
      },
      experiment: { oneOf: [ref('scanners'), ref('cloneReleases'), ref('ramp'), ref('mirroring')] },
    },
  ),
  definitions,
}

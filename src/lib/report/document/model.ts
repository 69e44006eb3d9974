/** Raised when a reader of this version could not understand what later ones write. */
export const REPORT_FORMAT = 'bailo-exp-report/1'

/** The report of a run, as `--report FILE.json` writes it; `schema.ts` says the same as a JSON Schema. */
export interface RunDocument {
  readonly format: typeof REPORT_FORMAT
  readonly tool: { readonly name: 'bailo-exp'; readonly version: string }
  /** Where it ran. */
  readonly environment: {
    /** Version of Node.js. */
    readonly node: string
    /** As Node.js calls it: `linux x64`. */
    readonly platform: string
    readonly cpus: number
  }
  readonly run: RunPart
  /** Which share of the work this was, where other runs did the rest. */
  readonly shard?: ShardPart
  /** The runs that were joined; absent in the report of one run. */
  readonly merged?: readonly MergedRun[]
  /** Instances, and models in them, that the run was on. */
  readonly targets: readonly { readonly url: string; readonly modelId?: string }[]
  readonly verdict: Verdict
  /** What was done, by kind of step, in the order in which the kinds first appeared. */
  readonly steps: readonly KindPart[]
  readonly timeline: TimelinePart
  /** Errors that differ only in ids, names and numbers, the most frequent first; 51 at most. */
  readonly errors: readonly ErrorPart[]
  /** At most 20, slowest first. */
  readonly slowest: readonly SlowStepPart[]
  readonly failed: Excerpt<FailedPart>
  readonly findings: Excerpt<FindingPart>
  /** Steps of a dry run. */
  readonly planned: Excerpt<string>
  /** What only this experiment measures. */
  readonly experiment?: ExperimentPart
}

export interface RunPart {
  /** The same for all shards of a run. */
  readonly id: string
  /** As it is written on the command line: `clone-releases`. */
  readonly command: string
  /** Flags and arguments as they were given, without those that say only where output goes. Keys are never flags. */
  readonly args: readonly string[]
  readonly seed: string
  readonly concurrency: number
  readonly isDryRun: boolean
  /** ISO 8601, as are all times of day. */
  readonly startedAt: string
  readonly endedAt: string
  readonly durationMs: number
  /** Requests and steps that were tried again. */
  readonly retries: number
  /** The command that goes on with the run. */
  readonly resume?: string
}

export interface ShardPart {
  /** Counts from 1. */
  readonly index: number
  readonly count: number
}

export interface MergedRun {
  readonly shard: ShardPart
  readonly startedAt: string
  readonly endedAt: string
  readonly exitCode: number
}

export const OUTCOMES = [
  'passed',
  'findings',
  'wrong-usage',
  'unreachable',
  'incomplete',
  'defect',
  'interrupted',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface Verdict {
  readonly exitCode: number
  readonly outcome: Outcome
  /** One sentence for people, or a few. */
  readonly message: string
}

/** The first of a list that may be long. */
export interface Excerpt<T> {
  readonly count: number
  readonly first: readonly T[]
}

export interface KindPart {
  readonly kind: string
  readonly done: number
  /** Done by an earlier process of the run. */
  readonly skipped: number
  readonly failed: number
  readonly retried: number
  readonly bytes: number
  /** Of the steps that were done; absent when none was. */
  readonly latency?: LatencyPart
}

/** Times of any number of steps, in milliseconds. */
export interface LatencyPart {
  readonly count: number
  readonly minMs: number
  readonly maxMs: number
  readonly sumMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** All of them, in microseconds: HdrHistogram's V2 encoding, compressed, as Base64. */
  readonly histogram: string
}

export interface TimelinePart {
  /** Where the first bucket begins, in milliseconds since the epoch; 0 where there is none. */
  readonly startMs: number
  /** Of each bucket, in milliseconds; buckets begin at multiples of it. */
  readonly widthMs: number
  readonly buckets: readonly BucketPart[]
}

export interface BucketPart {
  /** Steps that ended in it. */
  readonly done: number
  readonly failed: number
  /** Requests and steps that were tried again. */
  readonly retries: number
  /** Of files and layers that were transferred, also by attempts that failed. */
  readonly bytes: number
  /** Time that all steps together were under way in it. */
  readonly busyMs: number
  /** The most steps that were under way at the same time; of joined runs, an upper bound. */
  readonly maxInFlight: number
  /** Of the steps that were done in it; absent when none was. */
  readonly latency?: LatencyPart
}

export interface ErrorPart {
  /** The name of the error, and the status that the server answered with. */
  readonly error: string
  readonly message: string
  /** Requests that failed by it, also those that were sent again with success. */
  readonly requests: number
  /** Steps that failed by it for good. */
  readonly steps: number
}

export interface SlowStepPart {
  readonly step: string
  readonly outcome: 'done' | 'failed'
  readonly startedAt: string
  readonly durationMs: number
  readonly bytes: number
  readonly retries: number
}

export interface FailedPart {
  readonly step: string
  readonly message: string
  readonly tryNext: readonly string[]
}

export interface FindingPart {
  readonly subject: string
  readonly message: string
  readonly tryNext?: string
}

export type ExperimentPart = ScannersPart | CloneReleasesPart | RampPart | MirrorPart

export interface ScannersPart {
  readonly type: 'scanners'
  /** Times to a result are late by so much at most. */
  readonly intervalMs: number
  readonly scanners: readonly {
    readonly scanner: string
    readonly version?: string
    readonly states: Readonly<Record<'clean' | 'bad' | 'skipped' | 'error' | 'unfinished', number>>
    /** Times to a result; absent when none was seen. */
    readonly latency?: LatencyPart
    /** Some of the files with a result, from the smallest to the largest; 400 at most. */
    readonly points: readonly ScanPoint[]
  }[]
}

export interface ScanPoint {
  readonly sizeBytes: number
  readonly afterMs: number
}

export interface CloneReleasesPart {
  readonly type: 'clone-releases'
  /** A model, or the file that a list of releases was read from. */
  readonly source: string
  readonly planned: {
    readonly releases: number
    readonly skippedReleases: number
    readonly files: number
    readonly reusedFiles: number
    readonly images: number
    readonly layers: number
    readonly bytes: number
  }
  readonly problems: Excerpt<FindingPart>
  readonly leftOut: Excerpt<string>
  /** What was read again at the end and compared; absent when nothing was. */
  readonly comparison?: {
    readonly releases: number
    readonly files: number
    readonly images: number
    readonly layers: number
    readonly differences: Excerpt<FindingPart>
  }
}

export interface RampPart {
  readonly type: 'concurrent-file-uploads'
  readonly sizeBytes: number
  readonly rows: readonly {
    /** Uploads at the same time. */
    readonly concurrency: number
    readonly done: number
    readonly failed: number
    readonly bytes: number
    readonly durationMs: number
    readonly bytesPerSecond: number
    readonly latency?: LatencyPart
  }[]
}

export interface MirrorPart {
  readonly type: 'mirroring'
  /** Times to completion are late by so much at most. */
  readonly intervalMs: number
  readonly transfers: readonly {
    /** `export` from the source, or `import` into the copy. */
    readonly direction: 'export' | 'import'
    readonly kinds: readonly {
      /** `documents`, `file`, `image`, or another word of the server's. */
      readonly kind: string
      readonly completed: number
      readonly failed: number
      readonly denied: number
      readonly open: number
      /** Times to completion of those that were seen to become completed; absent where none was. */
      readonly latency?: LatencyPart
    }[]
    /** The artefacts that took longest, the slowest first; 5 at most. */
    readonly slowest: readonly { readonly name: string; readonly afterMs: number }[]
  }[]
  /** How much of the copy was compared with the source; absent where none of it was. */
  readonly compared?: {
    /** Versions of the card. */
    readonly cards: number
    readonly releases: number
    readonly files: number
    readonly images: number
  }
  /** What of the copy was read to its end. */
  readonly verified?: { readonly files: number; readonly layers: number; readonly bytes: number }
}

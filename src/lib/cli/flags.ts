import { Flags } from '@oclif/core'
import { parseDuration, writeDuration } from '../content/duration.js'
import { formatSize, parseRate, parseSize } from '../content/size.js'
import { UsageError } from '../errors.js'
import { DEFAULT_RETRY_POLICY } from '../http/retry.js'
import { reportFlag } from './report-flag.js'
import type { Concurrency } from '../run/concurrency.js'

const MAX_CONCURRENCY = 256

/** Flags that name the instance; keys are never flags, so that they stay out of shell history and process lists. */
export const connectionFlags = {
  'env-file': Flags.string({
    description: 'dotenv file with URL, ACCESS_KEY and SECRET_KEY [default: .local.env, if there is one]',
    env: 'BAILO_EXP_ENV_FILE',
    helpGroup: 'CONNECTION',
    helpValue: 'FILE',
  }),
  url: Flags.string({
    description: 'address of the Bailo instance; wins over URL in environment and dotenv file',
    helpGroup: 'CONNECTION',
    helpValue: 'URL',
  }),
  'ca-file': Flags.string({
    description: 'certificate authorities (PEM) to trust besides the usual ones; wins over CA_FILE',
    helpGroup: 'CONNECTION',
    helpValue: 'FILE',
  }),
}

/**
 * Flags of the commands that have two ends, on one instance or on two.
 *
 * @param destination what the second one is called
 */
export function bothEndsFlags(destination: 'destination' | 'copy') {
  return {
    'from-env-file': Flags.string({
      description: "dotenv file of the source's instance; the environment's URL and keys are not used for it",
      helpGroup: 'CONNECTION',
      helpValue: 'FILE',
    }),
    'to-env-file': Flags.string({
      description: `dotenv file of the ${destination}'s instance, likewise`,
      helpGroup: 'CONNECTION',
      helpValue: 'FILE',
    }),
  }
}

/** The flag that says where runs are recorded. */
export const stateDirFlag = Flags.string({
  description: "directory of the runs' journals [default: the user's state directory]",
  env: 'BAILO_EXP_STATE_DIR',
  helpGroup: 'RUN',
  helpValue: 'DIRECTORY',
})

/** A flag for a time such as `500ms` or `30m`, in milliseconds: see {@link parseDuration}. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: (text) => parsing(() => parseDuration(text)),
  defaultHelp: ({ options }) => Promise.resolve(describeDefault(options.default, writeDuration)),
})

/** A flag for a number of steps at the same time, or `auto`. */
const concurrencyFlag = Flags.custom<Concurrency>({
  helpValue: 'N|auto',
  parse: (text) => parsing(() => parseConcurrency(text)),
})

/** A flag for a pace such as `50MiB/s`, in bytes per second: see {@link parseRate}. */
export const rateFlag = Flags.custom<number>({
  helpValue: 'RATE',
  parse: (text) => parsing(() => parseRate(text)),
  defaultHelp: ({ options }) => Promise.resolve(describeDefault(options.default, (rate) => `${formatSize(rate)}/s`)),
})

/** Flags of every experiment. */
export const experimentFlags = {
  concurrency: concurrencyFlag({
    description:
      'how many things are made at the same time; auto: as many as the server takes without making them wait',
    default: 8,
    helpGroup: 'RUN',
  }),
  bandwidth: rateFlag({
    description:
      'bytes per second of all files and layers together that the run sends, such as 50MiB/s [default: no limit]',
    helpGroup: 'RUN',
  }),
  'max-connections': Flags.integer({
    description: 'sockets to one instance at most [default: four for each of --concurrency]',
    helpValue: 'N',
    min: 1,
    max: 1024,
    helpGroup: 'RUN',
  }),
  seed: Flags.string({
    description: 'what synthetic contents follow from: the same seed gives the same bytes',
    helpValue: 'TEXT',
    default: 'bailo-exp',
    helpGroup: 'RUN',
  }),
  'dry-run': Flags.boolean({
    description: 'list what would be made, and change nothing',
    default: false,
    helpGroup: 'RUN',
  }),
  'keep-going': Flags.boolean({
    description: 'do what can be done although something cannot or has failed',
    default: false,
    helpGroup: 'RUN',
  }),
  'fail-fast': Flags.boolean({
    description: 'stop at the first step that fails',
    default: false,
    exclusive: ['keep-going'],
    helpGroup: 'RUN',
  }),
  'max-retries': Flags.integer({
    description: 'how often a request or step is tried again after a failure that passes',
    helpValue: 'N',
    default: DEFAULT_RETRY_POLICY.maxRetries,
    min: 0,
    max: 1000,
    helpGroup: 'RUN',
  }),
  'retry-for': durationFlag({
    description: 'no retry begins later than this after the first attempt',
    default: DEFAULT_RETRY_POLICY.maxElapsedMs,
    helpGroup: 'RUN',
  }),
  grace: durationFlag({
    description: 'how long running steps may go on after Ctrl-C before they are broken off',
    default: 10_000,
    helpGroup: 'RUN',
  }),
  resume: Flags.string({
    description: 'continue this run, with its own flags',
    helpGroup: 'RUN',
    helpValue: 'RUN_ID|last',
  }),
  'state-dir': stateDirFlag,
  report: reportFlag({ multiple: true, multipleNonGreedy: true, default: [] }),
}

/** The flag of what waits for something unless it is told not to. As `exclusive`, usage would have --wait or --interval. */
export function noWaitFlag(description: string) {
  return Flags.boolean({
    description,
    default: false,
    relationships: [{ type: 'none', flags: ['wait', 'interval'] }],
  })
}

/** The flag of an experiment that works in one model. */
export function modelFlag(envKey: string) {
  return Flags.string({
    description: `model to work in [default: ${envKey}, or else a model that is created and written there]`,
    helpGroup: 'CONNECTION',
    helpValue: 'MODEL_ID',
  })
}

/** A flag for a size such as `20MiB`, in bytes: see {@link parseSize}. No bytes at all are a size only with `allowZero`. */
export const sizeFlag = Flags.custom<number, { readonly allowZero?: boolean }>({
  helpValue: 'SIZE',
  parse: (text, _context, { allowZero = false }) => parsing(() => parseSizeOf(text, allowZero)),
  defaultHelp: ({ options }) => Promise.resolve(describeDefault(options.default, formatSize)),
})

function parseSizeOf(text: string, allowZero: boolean): number {
  const sizeBytes = parseSize(text)
  if (sizeBytes > 0 || allowZero) return sizeBytes
  throw new UsageError(`${JSON.stringify(text)} is no size here: Bailo takes nothing that is empty.`, [
    'give one byte or more, such as 20MiB (binary) or 1.5GB (decimal)',
  ])
}

function parseConcurrency(text: string): Concurrency {
  if (text === 'auto') return text
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= MAX_CONCURRENCY) return number
  throw new UsageError(`${JSON.stringify(text)} is neither a number from 1 to ${MAX_CONCURRENCY} nor auto.`, [
    'a number such as 8, or auto',
  ])
}

/** What oclif wants: a promise, also of what is wrong. */
async function parsing<T>(parse: () => T): Promise<T> {
  return Promise.resolve().then(parse)
}

function describeDefault(value: unknown, format: (value: number) => string): string | undefined {
  return typeof value === 'number' ? format(value) : undefined
}

import { isDeepStrictEqual } from 'node:util'
import { Parser, type Interfaces } from '@oclif/core'
import { UsageError } from '../errors.js'

type Flags = Readonly<Record<string, Interfaces.Flag<unknown>>>

/** What a command takes. */
export interface CommandInput {
  readonly flags: Flags
}

/** A command line, taken apart. */
export interface ParsedLine {
  /** The words that name a flag, by flag, as they can be written again: `--count=64`, `--no-files`. */
  readonly words: ReadonlyMap<string, readonly string[]>
  readonly values: Readonly<Record<string, unknown>>
  /** What is no flag. */
  readonly rest: readonly string[]
}

/**
 * Flags that decide how a run is shown, how fast it goes and when it ends, and not what it makes. They are not recorded, and
 * a run may be continued with others.
 */
const NOT_PART_OF_RUN = new Set([
  'json',
  'quiet',
  'verbose',
  'report',
  'concurrency',
  'bandwidth',
  'max-connections',
  'max-retries',
  'retry-for',
  'grace',
  'fail-fast',
  'wait-for-shards',
  'keep-going',
  'dry-run',
  'resume',
  'state-dir',
])

/** Flags that say only where a run and its output are kept. */
const NOT_REPORTED = new Set(['json', 'quiet', 'verbose', 'report', 'resume', 'state-dir'])

/** Reads what is written on a command line, and nothing else: no defaults, no variables, nothing that is required. */
export async function parseWritten(argv: readonly string[], input: CommandInput): Promise<ParsedLine> {
  const relaxed = Object.entries(input.flags).map(([name, flag]) => [name, relax(flag)])
  const { raw, flags } = await Parser.parse([...argv], {
    flags: Object.fromEntries(relaxed) as Interfaces.FlagInput,
    args: {},
    strict: false,
  })
  const words = new Map<string, string[]>()
  const rest: string[] = []
  for (const token of raw) {
    if (token.type === 'arg') {
      rest.push(token.input)
      continue
    }
    const isBoolean = input.flags[token.flag]?.type === 'boolean'
    const isNegated = isBoolean && token.input === `--no-${token.flag}`
    const word = isBoolean ? `--${isNegated ? 'no-' : ''}${token.flag}` : `--${token.flag}=${token.input}`
    words.set(token.flag, [...(words.get(token.flag) ?? []), word])
  }
  return { words, values: flags as Record<string, unknown>, rest }
}

function relax(flag: Interfaces.Flag<unknown>): object {
  return {
    ...flag,
    required: false,
    default: undefined,
    defaultHelp: undefined,
    env: undefined,
    exclusive: undefined,
    exactlyOne: undefined,
    atLeastOne: undefined,
    dependsOn: undefined,
    relationships: undefined,
  }
}

/** The words of a command line that a run is recorded with, also those that a variable stood in for. */
export function toRecordedArgs(line: ParsedLine, input: CommandInput, environment: Environment): string[] {
  return pickWords(line, input, environment, NOT_PART_OF_RUN)
}

/** The words of a command line that a report names: all that have to do with what was run and how. */
export function toReportedArgs(line: ParsedLine, input: CommandInput, environment: Environment): string[] {
  // An address with a user name and password is refused, and the report may say so.
  return pickWords(line, input, environment, NOT_REPORTED).map((word) =>
    word.replace(/^(--url=(?:[a-z]+:\/\/)?).*@/is, '$1'),
  )
}

type Environment = Readonly<Record<string, string | undefined>>

function pickWords(
  line: ParsedLine,
  { flags }: CommandInput,
  environment: Environment,
  leftOut: ReadonlySet<string>,
): string[] {
  const words = Object.entries(flags).flatMap(([name, { env }]) => {
    if (leftOut.has(name)) return []
    const value = env === undefined ? undefined : environment[env]
    return line.words.get(name) ?? (value ? [`--${name}=${value}`] : [])
  })
  return line.rest.length === 0 ? words : [...words, '--', ...line.rest]
}

/**
 * The command line of a run that is continued: its own, with what was given now for presentation and pace.
 *
 * @param recorded as {@link toRecordedArgs} made it
 * @param defaults the value that each flag of the run had, written or not
 * @throws UsageError when a flag was given now that would make another run of it
 */
export async function joinArgs(
  runId: string,
  recorded: readonly string[],
  given: readonly string[],
  input: CommandInput,
  defaults: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const [own, now] = [await parseWritten(recorded, input), await parseWritten(given, input)]
  for (const [name, words] of now.words) {
    if (NOT_PART_OF_RUN.has(name) || isDeepStrictEqual(now.values[name], defaults[name])) continue
    const before = own.words.get(name)?.join(' ') ?? describeDefault(name, defaults[name])
    throw conflict(runId, words.join(' '), before)
  }
  if (now.rest.length > 0 && !isDeepStrictEqual(now.rest, own.rest)) {
    throw conflict(runId, now.rest.join(' '), own.rest.join(' ') || 'no arguments')
  }
  const pace = [...now.words].flatMap(([name, words]) => (NOT_PART_OF_RUN.has(name) ? words : []))
  return [...pace, ...recorded]
}

function describeDefault(name: string, value: unknown): string {
  if (value === undefined || value === false) return `no --${name}`
  return `--${name}${value === true ? '' : `=${JSON.stringify(value)}`}`
}

function conflict(runId: string, now: string, before: string): UsageError {
  return new UsageError(`${now} does not fit: the run ${runId} was started with ${before}.`, [
    'leave it out: a run is continued with its own flags',
    'or run without --resume to begin a new run',
  ])
}

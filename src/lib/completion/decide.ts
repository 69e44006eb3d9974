import type { CommandChoice, FlagChoice } from './commands.js'

/** A word that may come next. */
export interface Candidate {
  readonly text: string
  readonly description: string
}

/** What may come next on a command line. */
export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'files' }
  /** Ids of models, or of runs, each after `prefix`: the part of the word that is typed already and stays. */
  | { readonly kind: 'models' | 'runs'; readonly prefix: string; readonly place: Place }

/** Where models and runs are looked for: what flags of the line say of it. */
export interface Place {
  readonly envFile: string | undefined
  readonly url: string | undefined
  readonly stateDir: string | undefined
}

const NOTHING: Completion = { kind: 'words', candidates: [] }
const HELP: FlagChoice = {
  name: 'help',
  description: 'show help',
  takesValue: false,
  isNegatable: false,
  isRepeatable: false,
  values: [],
  valueName: '',
}
/** What flags and arguments take that are completed with the names of files. */
const FILES = /FILE|DIR|DUMP|PATH|\bclient\b/i

/**
 * Decides what may come next.
 *
 * @param words those after the name of the program; the last one is being typed, and may be empty
 */
export function decideCompletion(commands: readonly CommandChoice[], words: readonly string[]): Completion {
  const command = findCommand(commands, words.slice(0, -1))
  if (command === undefined) return completeCommand(commands, words)
  const rest = words.slice(command.words.length)
  const end = rest.slice(0, -1).indexOf('--')
  // What a sandbox runs may be a command of this tool.
  if (end >= 0) return command.words[0] === 'sandbox' ? decideCompletion(commands, rest.slice(end + 1)) : NOTHING
  return completeRest(command, rest)
}

/** The command with the most words that the line begins with. */
function findCommand(commands: readonly CommandChoice[], words: readonly string[]): CommandChoice | undefined {
  return commands
    .filter((command) => command.words.every((word, index) => words[index] === word))
    .toSorted((a, b) => b.words.length - a.words.length)[0]
}

function completeCommand(commands: readonly CommandChoice[], words: readonly string[]): Completion {
  const typed = words.slice(0, -1)
  // `help` takes what a line may begin with.
  if (typed[0] === 'help') return completeCommand(commands, words.slice(1))
  const candidates = new Map<string, string>()
  for (const { words: own, summary } of commands) {
    const next = own[typed.length]
    if (next === undefined || !typed.every((word, index) => own[index] === word)) continue
    candidates.set(next, own.length === typed.length + 1 ? summary : (candidates.get(next) ?? ''))
  }
  if (typed.length === 0) {
    candidates.set('help', 'show help')
    candidates.set('--version', 'show the version')
    candidates.set('--help', 'show help')
  }
  return { kind: 'words', candidates: [...candidates].map(([text, description]) => ({ text, description })) }
}

function completeRest(command: CommandChoice, rest: readonly string[]): Completion {
  const typed = rest.slice(0, -1)
  const word = rest.at(-1) ?? ''
  const flags = [...command.flags, HELP]
  const { values, args, open } = readTyped(flags, typed)
  if (open !== undefined) return completeValue(open, '', values)
  const [, name, assigned] = /^--([^=]+)=(.*)$/s.exec(word) ?? []
  if (assigned !== undefined) {
    const flag = flags.find((one) => one.name === name)
    return flag?.takesValue ? completeValue(flag, `--${name ?? ''}=`, values) : NOTHING
  }
  if (word.startsWith('-')) return { kind: 'words', candidates: flags.flatMap((flag) => listForms(flag, values)) }
  const argName = command.argNames[Math.min(args, command.argNames.length - 1)]
  if (argName === undefined) return { kind: 'words', candidates: flags.flatMap((flag) => listForms(flag, values)) }
  if (argName === 'run') return { kind: 'runs', prefix: '', place: placeOf(argName, values) }
  if (argName === 'shell') return toWords(['bash', 'zsh', 'powershell'], '')
  return FILES.test(argName) ? { kind: 'files' } : NOTHING
}

/** What is on the line: flags with their values, how many arguments, and the flag whose value is being typed. */
function readTyped(flags: readonly FlagChoice[], typed: readonly string[]) {
  const values = new Map<string, string>()
  let args = 0
  let open: FlagChoice | undefined
  for (const word of typed) {
    if (open !== undefined) {
      values.set(open.name, word)
      open = undefined
      continue
    }
    const [, name, assigned] = /^--(?:no-)?([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    const flag = flags.find((one) => one.name === name || `--${one.name}` === word)
    if (flag === undefined) args += Number(!word.startsWith('-'))
    else if (flag.takesValue && assigned === undefined) open = flag
    else values.set(flag.name, assigned ?? '')
  }
  return { values, args, open }
}

function completeValue(flag: FlagChoice, prefix: string, flags: ReadonlyMap<string, string>): Completion {
  if (flag.values.length > 0) return toWords(flag.values, prefix)
  const place = placeOf(flag.name, flags)
  if (flag.valueName.startsWith('MODEL_ID')) return { kind: 'models', prefix, place }
  if (flag.valueName.startsWith('RUN_ID')) return { kind: 'runs', prefix, place }
  return FILES.test(flag.valueName) ? { kind: 'files' } : NOTHING
}

/** @param flagName of the flag that is completed: source and destination may have a file of their own */
function placeOf(flagName: string, flags: ReadonlyMap<string, string>): Place {
  return {
    envFile: flags.get(`${flagName}-env-file`) ?? flags.get('env-file'),
    url: flags.get('url'),
    stateDir: flags.get('state-dir'),
  }
}

function toWords(values: readonly string[], prefix: string): Completion {
  return { kind: 'words', candidates: values.map((value) => ({ text: prefix + value, description: '' })) }
}

/** A flag as it may be typed, unless it is on the line and may be there once only. */
function listForms(
  { name, description, isNegatable, isRepeatable }: FlagChoice,
  given: ReadonlyMap<string, string>,
): Candidate[] {
  if (given.has(name) && !isRepeatable) return []
  const forms = isNegatable ? [`--${name}`, `--no-${name}`] : [`--${name}`]
  return forms.map((text) => ({ text, description }))
}

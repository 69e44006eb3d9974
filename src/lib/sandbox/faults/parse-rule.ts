import { findTimerDuration } from '../../content/duration.js'
import { parseRate, parseSize } from '../../content/size.js'
import { UsageError } from '../../errors.js'
import { mayBeOfRegistry, ROUTE_NAMES, takeRoute, type RouteSelector } from './route-selector.js'
import type { Effect, ErrorAnswer, FaultRule, Outcome, Trigger } from './rule.js'

/** The words after the route, by name; those without a value have an empty one. `x3` is named `x`. */
type Words = ReadonlyMap<string, string>

const TRIGGER_WORDS = ['x', 'after', 'every', 'p', 'seed', 'always']
const ANSWER_WORDS = ['status', 'empty', 'html', 'retry-after']
const OUTCOME_WORDS = ['reset-request', 'reset-response', 'truncate', 'wrong-length', 'forget-offset', 'expire-token']
const EFFECT_WORDS = ['delay', 'hold', 'trickle', 'lost', ...ANSWER_WORDS, ...OUTCOME_WORDS]
const WORDS_WITHOUT_VALUE = ['always', 'empty', 'html', 'lost', 'truncate', 'forget-offset', 'expire-token']
const WORDS_WITH_VALUE = [...TRIGGER_WORDS, ...EFFECT_WORDS].filter(
  (word) => word === 'truncate' || !WORDS_WITHOUT_VALUE.includes(word),
)

/** What is answered when a rule does not say. */
const DEFAULT_STATUS = { empty: 500, html: 502, 'retry-after': 429 }

const EXAMPLES = 'for example: release-create x3 status=503, or: POST /api/v2/model/*/releases p=0.1 lost'

/**
 * Reads a rule such as `release-create x3 status=503`: a route, when, and what goes wrong, separated by spaces.
 *
 * @throws UsageError that says what is wrong with it
 */
export function parseFaultRule(text: string): FaultRule {
  const all = text.trim().split(/\s+/)
  const taken = takeRoute(all)
  if (taken === undefined) {
    throw refuse(text, `begins with ${quote(all[0])}, which is neither a route's name nor a method nor a path`, [
      `begin with a name: ${Object.keys(ROUTE_NAMES).join(', ')}`,
      'or with a method and a path, in which * stands for one part and ** for several: PATCH /v2/**/blobs/uploads/*',
    ])
  }
  const { route, rest } = taken
  try {
    const words = readWords(rest)
    const effect = readEffect(words, route)
    return { text: all.join(' '), route, trigger: readTrigger(words, all.join(' ')), effect }
  } catch (error) {
    if (error instanceof RuleError) throw refuse(text, error.message, error.tryNext)
    throw error
  }
}

/** Says what is wrong, as the end of a sentence that begins with the rule. */
class RuleError extends Error {
  readonly tryNext: readonly string[]

  constructor(message: string, ...tryNext: string[]) {
    super(message)
    this.tryNext = tryNext
  }
}

function refuse(text: string, why: string, tryNext: readonly string[]): UsageError {
  return new UsageError(`The fault rule ${quote(text)} ${why}.`, tryNext.length > 0 ? tryNext : [EXAMPLES])
}

function quote(text = ''): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text)
}

function readWords(list: readonly string[]): Words {
  const words = new Map<string, string>()
  for (const one of list) {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(one.replace(/^x(?=\d)/, 'x=')) ?? []
    checkWord(one, name, value)
    if (words.has(name)) throw new RuleError(`says ${name} twice`)
    words.set(name, value ?? '')
  }
  return words
}

function checkWord(word: string, name: string, value: string | undefined): void {
  const takesValue = WORDS_WITH_VALUE.includes(name)
  if (!takesValue && !WORDS_WITHOUT_VALUE.includes(name)) {
    throw new RuleError(
      `has the word ${quote(word)}, which is not known`,
      'say when with xN, after=N, every=N, p=PROBABILITY and seed=TEXT, or leave it out for always',
      `say what with ${EFFECT_WORDS.join(', ')}`,
    )
  }
  if (value === undefined ? !WORDS_WITHOUT_VALUE.includes(name) : !takesValue || value === '') {
    throw new RuleError(value ? `gives a value to ${name}, which takes none` : `gives no value to ${name}`)
  }
}

function readTrigger(words: Words, defaultSeed: string): Trigger {
  const given = TRIGGER_WORDS.filter((word) => words.has(word))
  if (words.has('always') && given.length > 1) throw new RuleError(`says always, and ${given.join(', ')} as well`)
  if (words.has('seed') && !words.has('p')) throw new RuleError('has a seed, but no probability to draw with')
  return {
    after: readCount(words, 'after', 0) ?? 0,
    every: readCount(words, 'every', 1) ?? 1,
    limit: readCount(words, 'x', 1) ?? Infinity,
    probability: readProbability(words),
    seed: words.get('seed') ?? defaultSeed,
  }
}

function readEffect(words: Words, route: RouteSelector): Effect {
  if (!EFFECT_WORDS.some((word) => words.has(word))) throw new RuleError('does not say what goes wrong')
  return {
    delayMs: readDuration(words, 'delay'),
    holdMs: readDuration(words, 'hold'),
    trickleBytesPerSecond: read(words, 'trickle', parseRate, 'a rate such as 10KiB/s'),
    outcome: readOutcome(words, route),
  }
}

function readOutcome(words: Words, route: RouteSelector): Outcome | undefined {
  const answer = readAnswer(words)
  const [answerWord] = ANSWER_WORDS.filter((word) => words.has(word))
  const given = [...(words.has('lost') ? ['lost'] : [answerWord]), ...OUTCOME_WORDS.filter((word) => words.has(word))]
  const [word, second] = given.filter((one) => one !== undefined)
  if (second !== undefined) {
    throw new RuleError(
      `has a call end in two ways, ${word} and ${second}`,
      'write two rules, the first of them with xN',
    )
  }
  switch (word) {
    case undefined:
      return undefined
    case 'lost':
      return { kind: word, answer }
    case 'reset-request':
    case 'reset-response':
      return { kind: word, afterBytes: readSize(words, word) ?? 0 }
    case 'truncate':
      return { kind: word, keptBytes: words.get(word) === '' ? undefined : readSize(words, word) }
    case 'wrong-length':
      return { kind: word, differenceBytes: readDifference(words.get(word) ?? '') }
    case 'forget-offset':
    case 'expire-token':
      requireRegistry(route, word)
      return { kind: word }
    default:
      return answer && { kind: 'answer', answer }
  }
}

function readAnswer(words: Words): ErrorAnswer | undefined {
  const [word] = ANSWER_WORDS.filter((one) => words.has(one))
  if (word === undefined) return undefined
  if (words.has('empty') && words.has('html')) throw new RuleError('has an answer that is both empty and html')
  return {
    status: readStatus(words.get('status')) ?? DEFAULT_STATUS[word as keyof typeof DEFAULT_STATUS],
    form: words.has('html') ? 'html' : words.has('empty') ? 'empty' : 'json',
    retryAfterSeconds: readCount(words, 'retry-after', 0),
  }
}

function requireRegistry(route: RouteSelector, word: string): void {
  if (mayBeOfRegistry(route)) return
  throw new RuleError(`has ${word} for a route that is not the registry's`, `write for example: blob-patch ${word}`)
}

function readStatus(text: string | undefined): number | undefined {
  if (text === undefined || /^[45]\d\d$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new RuleError(`has ${quote(text)} for a status, which is not one of an error`, 'take one from 400 to 599')
}

function readCount(words: Words, word: string, least: number): number | undefined {
  const text = words.get(word)
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text)
  throw new RuleError(`has ${quote(text)} for ${word}, which is not a whole number from ${least} on`)
}

function readProbability(words: Words): number {
  const text = words.get('p') ?? '1'
  if (/^(0?\.\d+|0|1(\.0+)?)$/.test(text)) return Number(text)
  throw new RuleError(`has ${quote(text)} for a probability, which is not a number from 0 to 1`)
}

function readDuration(words: Words, word: string): number {
  return read(words, word, findTimerDuration, 'a time such as 250ms, 2s or 1m') ?? 0
}

function readSize(words: Words, word: string): number | undefined {
  return read(words, word, parseSize, 'a number of bytes, or a size such as 1MiB')
}

function readDifference(text: string): number {
  if (/^[+-]\d{1,9}$/.test(text) && Number(text) !== 0) return Number(text)
  throw new RuleError(`has ${quote(text)} for wrong-length, which is not by how many bytes`, 'write +10 or -10')
}

function read(
  words: Words,
  word: string,
  parse: (text: string) => number | undefined,
  expected: string,
): number | undefined {
  const text = words.get(word)
  if (text === undefined) return undefined
  const value = tryParse(parse, text)
  if (value === undefined) throw new RuleError(`has ${quote(text)} for ${word}, which is not ${expected}`)
  return value
}

function tryParse(parse: (text: string) => number | undefined, text: string): number | undefined {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

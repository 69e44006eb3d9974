import type { Bindings } from './bindings.js'
import { CAPTURED_HEADERS, type Sample } from './samples.js'
import { countLeftOut, readShortened } from './shortened.js'

/** What is compared of an exchange. Values are everything in a body that is neither its shape nor an error's message. */
export const ASPECTS = ['status', 'shape', 'message', 'headers', 'values'] as const

export type Aspect = (typeof ASPECTS)[number]

export interface Difference {
  readonly aspect: Aspect
  readonly text: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed when it is JSON, else text. */
  readonly body: unknown
}

/** Where a body has what {@link listMessages} returns. */
const MESSAGES = /^body\.errors?(\.\d+)?\.(name|code|message)$/

/** Compares an answer of the sandbox with the captured one, and binds what both made up. */
export function compareAnswers(sample: Sample, answer: Answer, bindings: Bindings): Difference[] {
  const differences: Difference[] = []
  const note = (aspect: Aspect, text: string) => void differences.push({ aspect, text })
  if (answer.status !== sample.status) note('status', `${answer.status} instead of ${sample.status}`)
  compareHeaders(sample, answer, bindings, (text) => note('headers', text))
  compareBodies(sample.response, answer.body, 'body', bindings, note)
  const expected = listMessages(sample.response).map((message) => bindings.translate(message))
  const actual = listMessages(answer.body)
  if (expected.join('\n') !== actual.join('\n')) note('message', `${show(actual)} instead of ${show(expected)}`)
  return differences
}

/** Returns names and messages, or codes and messages, of an error; nothing for what is not an error. */
export function listMessages(body: unknown): string[] {
  const { error, errors } = (body ?? {}) as {
    error?: { name?: string; message?: string }
    errors?: readonly { code?: string; message?: string }[]
  }
  if (error !== undefined) return [`${error.name}: ${error.message}`]
  if (errors !== undefined) return errors.map(({ code, message }) => `${code}: ${message}`)
  const title = typeof body === 'string' ? /<title>[^]*<\/(?:pre|center)>/.exec(body) : null
  return title === null ? [] : [title[0]]
}

function compareHeaders(sample: Sample, answer: Answer, bindings: Bindings, note: (text: string) => void): void {
  for (const name of CAPTURED_HEADERS) {
    const [expected, actual] = [sample.headers[name], answer.headers[name]]
    if (expected === undefined && actual === undefined) continue
    const isEqual =
      expected !== undefined &&
      typeof actual === 'string' &&
      (name === 'location' ? matchLocations(expected, actual, bindings) : bindings.match(expected, actual))
    if (!isEqual) note(`${name}: ${show(actual)} instead of ${show(expected && bindings.translate(expected))}`)
  }
}

/** A location has the same path and the same parameters; what the state of an upload looks like is the registry's affair. */
function matchLocations(expected: string, actual: string, bindings: Bindings): boolean {
  const [expectedPath = '', expectedQuery = ''] = expected.split('?')
  const [actualPath = '', actualQuery = ''] = actual.split('?')
  const [expectedSegments, actualSegments] = [expectedPath.split('/'), actualPath.split('/')]
  return (
    expectedSegments.length === actualSegments.length &&
    expectedSegments.every((segment, index) => bindings.match(segment, actualSegments[index] ?? '')) &&
    namesOf(expectedQuery) === namesOf(actualQuery)
  )
}

function namesOf(query: string): string {
  return [...new URLSearchParams(query).keys()].sort().join()
}

function compareBodies(
  expected: unknown,
  actual: unknown,
  place: string,
  bindings: Bindings,
  note: (aspect: Aspect, text: string) => void,
): void {
  const [expectedType, actualType] = [typeOf(expected), typeOf(actual)]
  if (expectedType !== actualType) return note('shape', `${place} is ${actualType} instead of ${expectedType}`)
  if (Array.isArray(expected)) return compareLists(expected, actual as unknown[], place, bindings, note)
  if (isObject(expected) && isObject(actual)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (!(name in actual)) note('shape', `${place}.${name} is missing`)
      else if (!(name in expected)) note('shape', `${place}.${name} should not be there`)
      else compareBodies(expected[name], actual[name], `${place}.${name}`, bindings, note)
    }
    return
  }
  const isMessage = MESSAGES.test(place) || (place === 'body' && listMessages(expected).length > 0)
  const isEqual =
    typeof expected === 'string' ? matchTexts(expected, actual as string, bindings) : Object.is(expected, actual)
  if (!isEqual && !isMessage) note('values', `${place} is ${show(actual)} instead of ${show(expected)}`)
}

function compareLists(
  expected: readonly unknown[],
  actual: readonly unknown[],
  place: string,
  bindings: Bindings,
  note: (aspect: Aspect, text: string) => void,
): void {
  const leftOut = countLeftOut(expected.at(-1))
  const shown = leftOut === undefined ? expected : expected.slice(0, -1)
  const length = shown.length + (leftOut ?? 0)
  if (actual.length !== length) note('shape', `${place} has ${actual.length} entries instead of ${length}`)
  shown
    .slice(0, actual.length)
    .forEach((entry, index) => compareBodies(entry, actual[index], `${place}.${index}`, bindings, note))
  // What was left out had the shape of what was not; its values are not known.
  const pattern = shown.at(-1)
  for (const [offset, entry] of actual.slice(shown.length, length).entries()) {
    const at = `${place}.${shown.length + offset}`
    if (typeOf(entry) !== typeOf(pattern)) note('shape', `${at} is ${typeOf(entry)} instead of ${typeOf(pattern)}`)
  }
}

function matchTexts(expected: string, actual: string, bindings: Bindings): boolean {
  if (expected === '<redacted>') return actual !== ''
  if (isTime(expected)) return isTime(actual)
  const shortened = readShortened(expected)
  if (shortened?.length !== undefined) {
    return actual.length === shortened.length && actual.startsWith(shortened.beginning)
  }
  const [expectedSegments, actualSegments] = [expected.split('/'), actual.split('/')]
  return (
    bindings.match(expected, actual) ||
    (expectedSegments.length === actualSegments.length &&
      expectedSegments.every((segment, index) => bindings.match(segment, actualSegments[index] ?? '')))
  )
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 200 ? text : `${text.slice(0, 200)} (${text.length} characters)`
}

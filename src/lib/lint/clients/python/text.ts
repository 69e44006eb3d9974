import type { NamesSent } from '../../client-call.js'

/** A part of a text whose value is not known. */
export interface Hole {
  /** Taken from the expression that stands there. */
  readonly name: string
  /** Id of the function whose parameter it is, so that callers may say more. */
  readonly parameterOf?: number | undefined
  /** What the parameter is when the caller leaves it out. */
  readonly defaultText?: string
  /** What it is by convention: the attribute `url` of a client is the origin plus `/api`. */
  readonly standsFor?: 'api' | 'origin'
}

/** The outcome of `urlencode`. */
export interface QueryString {
  readonly sent: NamesSent
}

export type Part = string | Hole | QueryString

/** Text as far as it is known; no two strings stand next to each other. */
export type Text = readonly Part[]

export const isHole = (part: Part | undefined): part is Hole => typeof part === 'object' && 'name' in part

export const isQueryString = (part: Part | undefined): part is QueryString => typeof part === 'object' && 'sent' in part

/** Longest text that is followed: a URL is shorter, and doubling a text again and again must come to an end. */
const MAX_LENGTH = 16_384
const MAX_PARTS = 256

/** True when nothing more is added to a text. */
export function isFull(text: Text): boolean {
  const last = text.at(-1)
  return text.length > MAX_PARTS || (typeof last === 'string' && last.length > MAX_LENGTH)
}

/** Returns the texts one after the other; what passes any sensible length is cut. */
export function concatenate(texts: readonly Text[]): Text {
  const parts: Part[] = []
  for (const part of texts.flat()) {
    if (isFull(parts)) break
    const last = parts.at(-1)
    if (part === '') continue
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
    else parts.push(part)
  }
  return parts
}

/** Returns the text when all of it is known. */
export function literalOf(text: Text): string | undefined {
  if (text.length === 0) return ''
  const [only] = text
  return text.length === 1 && typeof only === 'string' ? only : undefined
}

/** Changes the literal at the start of a text; a text that starts otherwise stays as it is. */
export function changeStart(text: Text, change: (literal: string) => string): Text {
  const [first, ...rest] = text
  return typeof first === 'string' ? concatenate([[change(first)], rest]) : text
}

/** Changes the literal at the end of a text; a text that ends otherwise stays as it is. */
export function changeEnd(text: Text, change: (literal: string) => string): Text {
  const last = text.at(-1)
  return typeof last === 'string' ? concatenate([text.slice(0, -1), [change(last)]]) : text
}

/** Changes every literal of a text. */
export function changeLiterals(text: Text, change: (literal: string) => string): Text {
  return concatenate([text.map((part) => (typeof part === 'string' ? change(part) : part))])
}

/** Splits a text at the first place where a literal has the mark; the second half is undefined without one. */
export function splitAt(text: Text, mark: string): readonly [Text, Text | undefined] {
  for (const [index, part] of text.entries()) {
    const found = typeof part === 'string' ? part.indexOf(mark) : -1
    if (typeof part !== 'string' || found < 0) continue
    const before = concatenate([text.slice(0, index), [part.slice(0, found)]])
    return [before, concatenate([[part.slice(found + mark.length)], text.slice(index + 1)])]
  }
  return [text, undefined]
}

/** Splits a text at every place where a literal has the mark. */
export function splitAll(text: Text, mark: string): Text[] {
  const pieces: Text[] = []
  let rest: Text | undefined = text
  while (rest !== undefined) {
    const halves: readonly [Text, Text | undefined] = splitAt(rest, mark)
    pieces.push(halves[0])
    rest = halves[1]
  }
  return pieces
}

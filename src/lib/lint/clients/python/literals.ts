/** What is written around the characters of a string: `rb'''`. */
interface Wrapping {
  readonly isRaw: boolean
  /** Length of prefix and opening quotes. */
  readonly start: number
  /** Length of the closing quotes. */
  readonly end: number
}

/** Returns how a string literal is wrapped. */
export function wrappingOf(source: string): Wrapping {
  const quoteAt = Math.max(0, source.search(/["']/))
  const quote = source.charAt(quoteAt)
  const width = source.startsWith(quote.repeat(3), quoteAt) && source.length >= quoteAt + 6 ? 3 : 1
  const isClosed = source.length >= quoteAt + 2 * width && source.endsWith(quote)
  return {
    isRaw: source.slice(0, quoteAt).toLowerCase().includes('r'),
    start: quoteAt + width,
    end: isClosed ? width : 0,
  }
}

/** Returns the characters of a string or bytes literal, without prefix and quotes. */
export function readString(source: string): string {
  const { isRaw, start, end } = wrappingOf(source)
  const inner = source.slice(start, source.length - end)
  return isRaw ? inner : unescape(inner)
}

const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Resolves escapes as in https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences. */
export function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(\r?\n|[^]))/g,
    (whole, octal?: string, x?: string, u?: string, long?: string, character?: string) => {
      if (character !== undefined) return SIMPLE[character.replace('\r', '')] ?? whole
      const code = octal === undefined ? Number.parseInt(x ?? u ?? long ?? '', 16) : Number.parseInt(octal, 8)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

/** A field of a template: its expression, or undefined for a piece of text. */
export interface TemplatePiece {
  readonly text: string
  readonly field?: string
}

/**
 * Splits the template of `str.format` into text and fields: https://docs.python.org/3/library/string.html#formatstrings.
 * Undefined when it is malformed, which is an error in Python.
 */
export function readFormatTemplate(template: string): TemplatePiece[] | undefined {
  const pieces: TemplatePiece[] = []
  for (let at = 0; at < template.length;) {
    const character = template.charAt(at)
    if (character !== '{' && character !== '}') {
      const next = template.slice(at).search(/[{}]/)
      const end = next < 0 ? template.length : at + next
      pieces.push({ text: template.slice(at, end) })
      at = end
    } else if (template.charAt(at + 1) === character) {
      pieces.push({ text: character })
      at += 2
    } else {
      const end = character === '{' ? endOfField(template, at) : -1
      if (end < 0) return undefined
      pieces.push({ text: '', field: template.slice(at + 1, end).split(/[!:]/, 1)[0] ?? '' })
      at = end + 1
    }
  }
  return pieces
}

/** A format specification may itself have fields. */
function endOfField(template: string, start: number): number {
  let depth = 0
  for (let at = start; at < template.length; at++) {
    if (template.charAt(at) === '{') depth++
    if (template.charAt(at) === '}') depth--
    if (depth === 0) return at
  }
  return -1
}

/** Splits the template of the `%` operator; a field is the name in `%(name)s`, and empty for the next of a tuple. */
export function readPercentTemplate(template: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = []
  let end = 0
  for (const match of template.matchAll(/%(?:\(([^)]*)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[hlL]?([a-zA-Z%])/g)) {
    pieces.push({ text: template.slice(end, match.index) })
    pieces.push(match[2] === '%' ? { text: '%' } : { text: '', field: match[1] ?? '' })
    end = match.index + match[0].length
  }
  return [...pieces, { text: template.slice(end) }]
}

import type { Random } from '../seeded-random.js'
import { UnsupportedError } from './unsupported.js'

/** Makes a text; `reach` is how often what may be repeated is repeated at most, where the pattern leaves it open. */
type Piece = (random: Random, reach: number) => string

const nothing: Piece = () => ''
const PRINTABLE = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCodePoint(0x20 + index))
/** What a dot stands for. */
const PLAIN = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-']

/** Of several texts, most are short; some are long enough for a minimum length that stands beside the pattern. */
const REACHES = [3, 3, 8, 64]

/**
 * Returns a maker of texts that match a regular expression (ECMA-262, as JSON schemas use them) in most cases: what a
 * look-around or a word boundary demands is left to chance, so that each text has to be tried.
 *
 * @throws UnsupportedError for a back reference, and for what is no pattern
 */
export function compilePattern(pattern: string): (random: Random) => string {
  const parser = new PatternParser(pattern)
  const piece = parser.parse()
  return (random) => piece(random, random.pick(REACHES))
}

class PatternParser {
  readonly #characters: readonly string[]
  #position = 0

  constructor(pattern: string) {
    this.#characters = [...pattern]
  }

  parse(): Piece {
    const piece = this.#parseAlternatives()
    if (this.#position < this.#characters.length) throw new UnsupportedError('has a pattern that ends too early')
    return piece
  }

  #parseAlternatives(): Piece {
    const alternatives = [this.#parseSequence()]
    while (this.#take('|')) alternatives.push(this.#parseSequence())
    return (random, reach) => random.pick(alternatives)(random, reach)
  }

  #parseSequence(): Piece {
    const pieces: Piece[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      pieces.push(this.#parseRepeats(this.#parseAtom()))
    }
    return (random, reach) => pieces.map((piece) => piece(random, reach)).join('')
  }

  #parseRepeats(piece: Piece): Piece {
    const bounds = this.#parseBounds()
    if (bounds === undefined) return piece
    this.#take('?')
    const [min, max] = bounds
    return (random, reach) => {
      const count = random.integer(min, Math.max(min, Math.min(max, min + reach)))
      return Array.from({ length: count }, () => piece(random, reach)).join('')
    }
  }

  #parseBounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    const braces = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#characters.slice(this.#position).join(''))
    if (braces === null) return undefined
    this.#position += braces[0].length
    const [, min, comma, max] = braces
    return [Number(min), comma === undefined ? Number(min) : max ? Number(max) : Infinity]
  }

  #parseAtom(): Piece {
    const character = this.#next()
    switch (character) {
      case '^':
      case '$':
        return nothing
      case '.':
        return (random) => random.pick(PLAIN)
      case '(':
        return this.#parseGroup()
      case '[':
        return this.#parseClass()
      case '\\':
        return this.#parseEscape()
      default:
        return () => character
    }
  }

  #parseGroup(): Piece {
    const isLookaround = ['?=', '?!', '?<=', '?<!'].some((start) => this.#take(start))
    if (!isLookaround && !this.#take('?:') && this.#take('?<')) while (this.#next() !== '>');
    const piece = this.#parseAlternatives()
    if (!this.#take(')')) throw new UnsupportedError('has a pattern with a group that does not end')
    return isLookaround ? nothing : piece
  }

  #parseEscape(): Piece {
    if (this.#take('b') || this.#take('B')) return nothing
    if (/[1-9k]/.test(this.#peek() ?? '')) throw new UnsupportedError('has a pattern with a back reference')
    const set = this.#readEscapedSet()
    return (random) => random.pick(set)
  }

  /** The characters that an escape stands for; the backslash has been read. */
  #readEscapedSet(): readonly string[] {
    const character = this.#next()
    switch (character) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S':
        return select(new RegExp(`\\${character}`))
      case 'p':
      case 'P':
        return select(toRegExp(`\\${character}${this.#readBraces()}`))
      case 'n':
        return ['\n']
      case 'r':
        return ['\r']
      case 't':
        return ['\t']
      case 'x':
        return [String.fromCodePoint(parseInt(this.#next() + this.#next(), 16))]
      case 'u': {
        const digits = this.#peek() === '{' ? this.#readBraces().slice(1, -1) : this.#takeFour()
        return [String.fromCodePoint(parseInt(digits, 16))]
      }
      default:
        return [character]
    }
  }

  #parseClass(): Piece {
    const isNegated = this.#take('^')
    const set: string[] = []
    while (!this.#take(']')) {
      const from = this.#take('\\') ? this.#readEscapedSet() : [this.#next()]
      const isRange = from.length === 1 && this.#peek() === '-' && this.#peek(1) !== ']'
      if (!isRange) {
        set.push(...from)
        continue
      }
      this.#next()
      const to = this.#take('\\') ? this.#readEscapedSet() : [this.#next()]
      set.push(...charactersBetween(from[0] ?? '', to[0] ?? ''))
    }
    const allowed = isNegated ? PRINTABLE.filter((character) => !set.includes(character)) : set
    if (allowed.length === 0) throw new UnsupportedError('has a pattern with a class that no printable character is in')
    return (random) => random.pick(allowed)
  }

  #readBraces(): string {
    let text = ''
    do text += this.#next()
    while (!text.endsWith('}'))
    return text
  }

  #takeFour(): string {
    return this.#next() + this.#next() + this.#next() + this.#next()
  }

  #peek(offset = 0): string | undefined {
    return this.#characters[this.#position + offset]
  }

  #next(): string {
    const character = this.#characters[this.#position++]
    if (character === undefined) throw new UnsupportedError('has a pattern that breaks off')
    return character
  }

  #take(text: string): boolean {
    const isNext = [...text].every((character, index) => this.#peek(index) === character)
    if (isNext) this.#position += text.length
    return isNext
  }
}

function select(allowed: RegExp): readonly string[] {
  return PRINTABLE.filter((character) => allowed.test(character))
}

function toRegExp(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch {
    throw new UnsupportedError('has a pattern with a property of characters that is not known')
  }
}

/** Of a range, what can be printed; of one without any of that, its first characters. */
function charactersBetween(from: string, to: string): readonly string[] {
  const printable = PRINTABLE.filter((character) => character >= from && character <= to)
  if (printable.length > 0) return printable
  const [first, last] = [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0]
  return Array.from({ length: Math.min(256, Math.max(0, last - first + 1)) }, (_, index) =>
    String.fromCodePoint(first + index),
  )
}

import { FORMATS } from './formats.js'
import { numberOf, type Maker, type SchemaObject, type TextMaker } from './maker.js'
import { compilePattern } from './pattern-text.js'
import { UnsupportedError } from './unsupported.js'

/** Length of a text that is to be short, where it may be. */
const SHORT_CHARACTERS = 24

/**
 * Makes texts for a schema: of its format, like its pattern, or else words. Whether a text of a format or pattern has the
 * right length is left to be tried.
 *
 * @throws UnsupportedError when no length is right, or the pattern cannot be followed
 */
export function stringMaker(schema: SchemaObject, makeText: TextMaker): Maker {
  const { pattern, format } = schema
  const min = numberOf(schema, 'minLength', 0)
  const max = numberOf(schema, 'maxLength', Infinity)
  if (min > max) throw new UnsupportedError('has lengths that no text is within')
  const makeFormatted = typeof format === 'string' ? FORMATS.get(format) : undefined
  if (makeFormatted !== undefined) return ({ random }) => makeFormatted(random)
  if (typeof pattern !== 'string') {
    return ({ random, isShort }) =>
      makeText(random, { min, max: isShort ? Math.max(min, Math.min(max, SHORT_CHARACTERS)) : max })
  }
  const makeMatching = compilePattern(pattern)
  return ({ random }) => {
    const text = makeMatching(random)
    // A pattern that does not reach the end lets anything follow.
    const missing = min - text.length
    return missing > 0 && !pattern.endsWith('$') ? text + makeText(random, { min: missing, max: missing }) : text
  }
}

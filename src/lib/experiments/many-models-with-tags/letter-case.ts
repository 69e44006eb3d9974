import type { Random } from '../../content/seeded-random.js'

/** The ways to write a tag. */
export const LETTER_CASES = ['lower', 'upper', 'mixed'] as const

export type LetterCase = (typeof LETTER_CASES)[number]

/** Writes each letter of a text in upper or lower case, at random. In lower case it is the same text as before. */
export function flipCase(random: Random, text: string): string {
  return mapLetters(text, () => random.flip())
}

/** Writes a text in a case; `mixed` has every second letter in upper case. In lower case it is the same text as before. */
export function writeInCase(text: string, letterCase: LetterCase): string {
  if (letterCase === 'lower') return text.toLowerCase()
  let letters = 0
  return mapLetters(text, () => letterCase === 'upper' || letters++ % 2 === 0)
}

/** Letters without a counterpart that leads back to them, such as the German sharp s, stay as they are. */
function mapLetters(text: string, isUpper: () => boolean): string {
  const lower = text.toLowerCase()
  const mapped = [...lower]
    .map((character) => {
      const upper = character.toUpperCase()
      const isLetter = upper !== character && upper.toLowerCase() === character
      return isLetter && isUpper() ? upper : character
    })
    .join('')
  // Some letters depend on their neighbours, such as the Greek sigma.
  return mapped.toLowerCase() === lower ? mapped : lower
}

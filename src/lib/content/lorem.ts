import type { Random } from './seeded-random.js'

/** The words that printers fill pages with to see what they will look like. */
const WORDS = (
  'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna ' +
  'aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute ' +
  'irure in reprehenderit voluptate velit esse cillum fugiat nulla pariatur excepteur sint occaecat cupidatat non ' +
  'proident sunt culpa qui officia deserunt mollit anim id est laborum'
).split(' ')

/** Returns one word, in lower case. */
export function loremWord(random: Random): string {
  return random.pick(WORDS)
}

/**
 * Returns words of a length in characters, both ends inclusive, that neither begins nor ends with a space.
 *
 * @param length where `max` leaves the choice, the text is a few words long, or as long as it has to be
 */
export function loremText(random: Random, { min, max }: { min: number; max: number }): string {
  const words: string[] = Array.from({ length: random.integer(3, 12) }, () => loremWord(random))
  let lengthSoFar = words.join(' ').length
  while (lengthSoFar < min) {
    const word = loremWord(random)
    words.push(word)
    lengthSoFar += word.length + 1
  }
  // A space at the cut is made part of the word before it.
  return words.join(' ').slice(0, max).replace(/ $/, 'a')
}

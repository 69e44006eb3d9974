import type { Random } from './seeded-random.js'

/** The scripts that long words are written in. */
export const SCRIPTS = ['latin', 'cjk', 'rtl', 'emoji'] as const

export type Script = (typeof SCRIPTS)[number]

/** Letters that stand alone: none combines with the one before it, so that characters are what a reader counts. */
const ALPHABETS: Readonly<Record<Script, readonly string[]>> = {
  latin: [...'abcdefghijklmnopqrstuvwxyz'],
  // CJK Unified Ideographs that were in Unicode from the start, then Hiragana and Hangul.
  cjk: [...range(0x4e00, 0x9fa5), ...range(0x3042, 0x3093), ...range(0xac00, 0xd7a3)],
  // Hebrew and Arabic letters.
  rtl: [...range(0x05d0, 0x05ea), ...range(0x0627, 0x063a), ...range(0x0641, 0x064a)],
  // Emoticons, animals, food and faces that are emoji by themselves (emoji-data.txt: Emoji_Presentation).
  emoji: [...range(0x1f600, 0x1f64f), ...range(0x1f400, 0x1f43e), ...range(0x1f345, 0x1f37c)],
}

/** Fills up where a character of the script has too many bytes. */
const FILLER = 'x'

function* range(first: number, last: number): Generator<string> {
  for (let code = first; code <= last; code++) yield String.fromCodePoint(code)
}

/**
 * Returns one word without a place to break it, of exactly so many characters (Unicode code points: an emoji is one,
 * although JavaScript counts it as two).
 */
export function longWord(random: Random, script: Script, length: number): string {
  const alphabet = ALPHABETS[script]
  let word = ''
  for (let characters = 0; characters < length; characters++) word += random.pick(alphabet)
  return word
}

/** Returns one word of exactly so many bytes of UTF-8; a rest that no character of the script fits in is Latin. */
export function longWordOfBytes(random: Random, script: Script, sizeBytes: number): string {
  const characters: string[] = []
  let left = sizeBytes
  for (;;) {
    const character = random.pick(ALPHABETS[script])
    const bytes = Buffer.byteLength(character)
    if (bytes > left) break
    characters.push(character)
    left -= bytes
  }
  return characters.join('') + FILLER.repeat(left)
}

/** The number of characters of a text: code points, as {@link longWord} counts them. */
export function countCharacters(text: string): number {
  return [...text].length
}

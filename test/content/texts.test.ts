import { describe, expect, it } from 'vitest'
import { loremText } from '../../src/lib/content/lorem.js'
import { countCharacters, longWord, longWordOfBytes, SCRIPTS } from '../../src/lib/content/long-word.js'
import { createRandom } from '../../src/lib/content/seeded-random.js'

const SCRIPT_PATTERNS = {
  latin: /^[a-z]+$/,
  cjk: /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}]+$/u,
  rtl: /^[\p{Script=Hebrew}\p{Script=Arabic}]+$/u,
  emoji: /^\p{Emoji_Presentation}+$/u,
}

describe('lorem texts', () => {
  it.each([
    [0, Infinity],
    [1, 1],
    [0, 5],
    [50, 52],
    [1000, 1000],
    [7, 7],
  ])('have from %i to %i characters, and no space at either end', (min, max) => {
    for (let index = 0; index < 200; index++) {
      const text = loremText(createRandom('seed', String(index)), { min, max })
      expect(text.length).toBeGreaterThanOrEqual(Math.max(min, 1))
      expect(text.length).toBeLessThanOrEqual(max)
      expect(text).toBe(text.trim())
      expect(text).toMatch(/^[a-z ]+$/)
    }
  })

  it('are empty where nothing else fits', () => {
    expect(loremText(createRandom('seed', 'x'), { min: 0, max: 0 })).toBe('')
  })
})

describe.each(SCRIPTS)('long words in %s', (script) => {
  it('have so many characters, all of the script, and no place to break', () => {
    for (const length of [1, 2, 17, 1000]) {
      const word = longWord(createRandom('seed', String(length)), script, length)
      expect(countCharacters(word)).toBe(length)
      expect(word).toMatch(SCRIPT_PATTERNS[script])
      expect(Buffer.from(word).toString()).toBe(word)
      // What a reader counts: no character combines with another.
      expect([...new Intl.Segmenter().segment(word)]).toHaveLength(length)
      expect(word.normalize('NFC')).toBe(word)
      expect(word.toLowerCase()).toBe(word)
    }
  })

  it('have exactly so many bytes, and no half character', () => {
    for (let bytes = 1; bytes < 40; bytes++) {
      const word = longWordOfBytes(createRandom('seed', String(bytes)), script, bytes)
      expect(Buffer.byteLength(word)).toBe(bytes)
      expect(Buffer.from(word).toString()).toBe(word)
    }
  })

  it('follow from the seed', () => {
    const make = (seed: string) => longWord(createRandom(seed, 'word'), script, 30)
    expect(make('a')).toBe(make('a'))
    expect(make('b')).not.toBe(make('a'))
  })
})

/**
 * True when one of the words of the search is a word of a text anywhere in the value, in any case. The server's database
 * also knows word stems and weights; the sandbox does not.
 */
export function matchesText(search: string, value: unknown): boolean {
  return containsWord(new Set(wordsOf(search)), value)
}

function containsWord(wanted: ReadonlySet<string>, value: unknown): boolean {
  if (typeof value === 'string') return wordsOf(value).some((word) => wanted.has(word))
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((inner) => containsWord(wanted, inner))
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

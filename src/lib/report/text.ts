import { stripVTControlCharacters } from 'node:util'

/** Width that summaries are made for, in columns, unless the terminal is narrower. */
const WIDTH = 80

/** A table with aligned columns: the first one and those of words to the left, figures to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Like names, and unlike figures, of which some may be missing.
  const isText = head.map((_title, column) => rows.every((row) => /^[^\d\s-]/.test(row[column] ?? '')))
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || isText[column] ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Milliseconds for people: `12 ms`, `1.4 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  // The rounded figures decide, so that neither 1000 ms nor 60 s is ever shown.
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  const tenths = Math.round(ms / 100)
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
}

/**
 * Breaks a text at spaces into lines of at most `width` columns: 80, or fewer on a narrower terminal. A word that is longer
 * keeps a line of its own, so that it can be copied.
 */
export function wrapText(
  text: string,
  firstIndent: string,
  indent: string,
  width = Math.min(WIDTH, process.stdout.columns || WIDTH),
): string[] {
  const lines: string[] = []
  let line = firstIndent
  for (const word of text.split(' ')) {
    const isFresh = line.trim() === ''
    if (!isFresh && stripVTControlCharacters(line).length + 1 + stripVTControlCharacters(word).length > width) {
      lines.push(line)
      line = indent + word
    } else {
      line += isFresh ? word : ` ${word}`
    }
  }
  return [...lines, line]
}

/** A number with its noun: `1 release`, `2 releases`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`
}

/** A text of at most so many characters; what is cut from a longer one is its middle, because names often differ at the end. */
export function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const tail = Math.floor((maxLength - 3) / 2)
  return `${text.slice(0, maxLength - 3 - tail)}...${text.slice(text.length - tail)}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listInWords(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

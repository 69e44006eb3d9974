import { stripVTControlCharacters } from 'node:util'

/** Width that summaries are made for, in columns. */
const WIDTH = 80

/** A table with aligned columns: the first to the left, the others to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Milliseconds for people: `12 ms`, `1.4 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** Breaks a text at spaces into lines of at most 80 columns; a word longer than that keeps a line of its own. */
export function wrapText(text: string, firstIndent: string, indent: string): string[] {
  const lines: string[] = []
  let line = firstIndent
  for (const word of text.split(' ')) {
    const isFresh = line.trim() === ''
    if (!isFresh && stripVTControlCharacters(line).length + 1 + stripVTControlCharacters(word).length > WIDTH) {
      lines.push(line)
      line = indent + word
    } else {
      line += isFresh ? word : ` ${word}`
    }
  }
  return [...lines, line]
}

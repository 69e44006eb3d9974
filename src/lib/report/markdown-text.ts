import { showControls } from '../http/server-text.js'

/** A table of GitHub Flavored Markdown; cells are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Every ASCII punctuation character can be escaped (CommonMark, "Backslash escapes"); an @ would call somebody. */
export function escapeText(text: string): string {
  return showControls(text)
    .replace(/[\\`*_{}[\]()#+!|<>~&$]/g, '\\$&')
    .replaceAll('@', '@\u2060')
}

/** A code span; in a table a pipe ends the cell even there (GitHub Flavored Markdown, "Tables"). */
export function code(text: string): string {
  const shown = showControls(text).replaceAll('|', '\\|')
  const fence = '`'.repeat(Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length)) + 1)
  const pad = /^`|`$/.test(shown) ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}

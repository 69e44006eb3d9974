/** A row of a table that says what to add to a command. */
export interface OptionRow {
  readonly command: string
  readonly want: string
  /** What it says to add, one after the other. */
  readonly flags: readonly string[]
}

/** The blocks of code in Markdown, which are indented by four blanks: their lines, without these. */
export function findBlocks(markdown: string): string[][] {
  return [...markdown.matchAll(/^ {4}.*\n(?:\n*^ {4}.*\n)*/gm)].map(([block]) =>
    block
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(4)),
  )
}

/** A line as it is typed. */
export function stripComment(line: string): string {
  return line.replace(/\s+# .*$/, '')
}

/** The rows of all tables that begin with "You want | Add"; each is about the command that its section is called after. */
export function findOptionRows(markdown: string): OptionRow[] {
  return markdown.split(/^## /m).flatMap((section) => {
    const [, rows = ''] = /^\| You want +\| Add +\|\n\|[ |-]+\n((?:\|.*\n)+)/m.exec(section) ?? []
    const command = /.*/.exec(section)?.[0] ?? ''
    return [...rows.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].map(([, want = '', cell = '']) => ({
      command,
      want,
      flags: [...cell.matchAll(/`(--[^`]+)`/g)].map(([, flags = '']) => flags),
    }))
  })
}

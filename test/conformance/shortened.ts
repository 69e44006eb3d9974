/** How the capture marks what it left out of a list or a text. */

/** Returns how many entries of a list the mark stands for; undefined when it is no mark. */
export function countLeftOut(entry: unknown): number | undefined {
  const mark = typeof entry === 'string' ? /^\.\.\. (\d+) more of the same shape$/.exec(entry) : null
  return mark === null ? undefined : Number(mark[1])
}

export interface ShortenedText {
  readonly beginning: string
  /** Of the whole text; undefined when the mark does not say. */
  readonly length: number | undefined
}

/** Returns what is left of a text that was cut; undefined when it is whole. */
export function readShortened(text: string): ShortenedText | undefined {
  const mark = /^(.*)\.\.\.(?: \((\d+) (?:characters|bytes)\))?$/s.exec(text)
  if (mark?.[1] === undefined) return undefined
  return { beginning: mark[1], length: mark[2] === undefined ? undefined : Number(mark[2]) }
}

/** Returns the beginning, made longer by repeating its last character, so that it ends with the end given. */
export function lengthen(beginning: string, length: number, end = ''): string {
  return beginning.padEnd(length - end.length, beginning.at(-1)) + end
}

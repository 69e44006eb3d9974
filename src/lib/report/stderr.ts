import type { Progress } from '../run/progress.js'
import { wrapText } from './text.js'

/** The live block or the timed lines that stderr has now. */
let shown: Progress | undefined

/** Has what is said from now on go above `progress`; undefined: stderr has nothing else. */
export function showOnStderr(progress: Progress | undefined): void {
  shown = progress
}

/** Writes a line to stderr that stays, above what is shown there. */
export function sayOnStderr(text: string): void {
  if (shown === undefined) process.stderr.write(`${text}\n`)
  else shown.say(text)
}

/** Breaks a text for people at spaces where it is for a terminal; elsewhere lines are for programs, which want them whole. */
export function wrapForStderr(text: string, firstIndent = '', indent = ''): string {
  const { isTTY, columns } = process.stderr
  return isTTY && columns > 0 ? wrapText(text, firstIndent, indent, columns).join('\n') : firstIndent + text
}

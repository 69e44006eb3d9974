import type { Progress } from '../run/progress.js'

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

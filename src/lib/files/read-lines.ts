import { createReadStream } from 'node:fs'

const NEWLINE = 0x0a

export interface Line {
  /** Without its line break. */
  readonly text: string
  /** Counted from 1. */
  readonly number: number
  /** Where the next line begins, in bytes from the start of the file. */
  readonly endOffset: number
}

/** A line that is longer than a file of its kind has. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'

  constructor(readonly lineNumber: number) {
    super(`line ${lineNumber} is too long`)
  }
}

/**
 * Reads the lines of a file one after the other, in memory that does not grow with the file. What follows the last line
 * break is no line: the write that should have ended it was cut off.
 *
 * @throws LineTooLongError for a line of more than `maxBytes`, and the system's error when the file cannot be read
 */
export async function* readLines(file: string, maxBytes: number): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 1
  let endOffset = 0
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      if (end - start > maxBytes) throw new LineTooLongError(number)
      endOffset += end + 1 - start
      yield { text: rest.toString('utf8', start, end), number, endOffset }
      number++
      start = end + 1
    }
    rest = rest.subarray(start)
    if (rest.length > maxBytes) throw new LineTooLongError(number)
  }
}

import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { isInCi } from '../config/ci.js'

/** Whether there is a person to ask: questions go to stderr, answers come from stdin. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && !isInCi(process.env)
}

/**
 * Asks for the name of what is to be destroyed, as a yes is typed too easily.
 *
 * @returns false for every other answer, for none, and after Ctrl-C
 */
export async function confirmName(
  question: string,
  name: string,
  { input, output }: { readonly input: Readable; readonly output: Writable } = {
    input: process.stdin,
    output: process.stderr,
  },
): Promise<boolean> {
  output.write(question)
  const lines = createInterface({ input, terminal: false })
  const stop = (): void => lines.close()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    for await (const line of lines) return line.trim() === name
    return false
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    lines.close()
  }
}

import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { isInCi } from '../config/ci.js'
import { ExitCode, ExpectedError } from '../errors.js'
import type { Extent } from './print-shortfall.js'

/** Whether there is a person to ask: questions go to stderr, answers come from stdin. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && !isInCi(process.env)
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Asks for the name of what is to be destroyed, as a yes is typed too easily.
 *
 * @param refusal what it means that it is not confirmed
 * @returns false for every other answer, and for none
 * @throws ExpectedError after Ctrl-C or SIGTERM
 */
export async function confirmName(
  question: string,
  name: string,
  refusal: Extent,
  { input, output }: { readonly input: Readable; readonly output: Writable } = {
    input: process.stdin,
    output: process.stderr,
  },
): Promise<boolean> {
  const lines = createInterface({ input, terminal: false })
  let signal: NodeJS.Signals | undefined
  const giveBack = takeSignals((name) => {
    signal = name
    lines.close()
  })
  output.write(question)
  try {
    for await (const line of lines) return line.trim() === name
  } finally {
    giveBack()
    lines.close()
  }
  if (signal === undefined) return false
  output.write('\n')
  throw new ExpectedError(`${refusal.message}: ${signal} came instead of an answer.`, {
    exitCode: ExitCode.Interrupted,
    tryNext: refusal.tryNext,
  })
}

/**
 * Has signals go to this listener alone: while a question is open, nothing is under way that others would have to end.
 *
 * @returns what gives them back
 */
function takeSignals(listener: (signal: NodeJS.Signals) => void): () => void {
  const others = SIGNALS.map((name) => [name, process.listeners(name)] as const)
  // At no time is there no listener: a signal would be lost then, or end the process.
  for (const [name, listeners] of others) {
    process.on(name, listener)
    for (const one of listeners) process.off(name, one)
  }
  return () => {
    for (const [name, listeners] of others) {
      for (const one of listeners) process.on(name, one)
      process.off(name, listener)
    }
  }
}

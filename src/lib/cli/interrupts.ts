import { ExitCode } from '../errors.js'
import { InterruptedError } from '../run/run.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Turns the first Ctrl-C, SIGTERM or loss of the terminal (SIGHUP) into an aborted signal, whose reason says which it was; a
 * second one ends the process at once.
 *
 * @param say tells the user what happens
 */
export function watchInterrupts(say: (text: string) => void): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(ExitCode.Interrupted)
    say(`\n${name}: stopping when what is under way is done, or soon; once more to stop at once.`)
    controller.abort(new InterruptedError(name))
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of SIGNALS) process.off(name, interrupt)
    },
  }
}

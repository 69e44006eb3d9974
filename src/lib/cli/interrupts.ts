import { ExitCode } from '../errors.js'
import { InterruptedError } from '../run/run.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Turns the first Ctrl-C, SIGTERM or loss of the terminal (SIGHUP) into an aborted signal, whose reason says which it was; a
 * second one ends the process at once.
 *
 * @param onFirst tells the user what happens
 * @param onSecond does so when there is no time left for anything else
 */
export function watchInterrupts(
  onFirst: (signal: NodeJS.Signals) => void,
  onSecond: () => void,
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      onSecond()
      process.exit(ExitCode.Interrupted)
    }
    onFirst(name)
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

import { ExitCode, ExpectedError } from '../errors.js'
import { ConnectionError, ResponseError } from '../http/errors.js'
import { JournalError } from './journal/journal.js'

/** Thrown into steps and waiting requests when the user interrupts a run. */
export class InterruptedError extends ExpectedError {
  override readonly name = 'InterruptedError'

  constructor(signalName: string) {
    super(`Stopped by ${signalName}.`, { exitCode: ExitCode.Interrupted })
  }
}

/** The instance fails most requests; what was not made yet would fail as well. */
export class ServerFailingError extends ExpectedError {
  override readonly name = 'ServerFailingError'

  constructor() {
    super('Most requests of the last half minute failed in the server or on the way to it, so the run stopped.', {
      exitCode: ExitCode.Unreachable,
      tryNext: [
        "look into the instance's log and load, and go on when it is well again, maybe with a lower --concurrency",
      ],
    })
  }
}

/** The first failure ended the run, as asked for. */
export class FailFastError extends ExpectedError {
  override readonly name = 'FailFastError'

  constructor(key: string) {
    super(`The run stopped at its first failed step, as --fail-fast asks for: ${key}.`, { exitCode: ExitCode.Partial })
  }
}

/**
 * Whether other steps would fail for the same reason: keys or rights that do not suffice, a server that has gone, a
 * journal that cannot be written, or a defect of this tool.
 */
export function isHopeless(error: unknown): boolean {
  if (error instanceof ResponseError) return error.status === 401 || error.status === 403
  if (error instanceof ConnectionError) return error.isUnsent
  return error instanceof JournalError || !(error instanceof ExpectedError)
}

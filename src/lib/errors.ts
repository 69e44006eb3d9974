/**
 * The one table of exit codes of this tool; README.md and `bailo-exp help` show the same.
 */
export const ExitCode = {
  /** Everything asked for was done. */
  Done: 0,
  /** The run went through, but found something: a difference, a failed threshold, a lint finding. */
  Findings: 1,
  /** The command line, a settings file or an input file is wrong; nothing was changed. */
  Usage: 2,
  /** The instance could not be reached, or refused the keys or their rights. */
  Unreachable: 3,
  /** Part of the work is done and the rest is not; running again continues. */
  Partial: 4,
  /** A defect of this tool. */
  Bug: 5,
  /** Stopped by Ctrl-C or SIGTERM. */
  Interrupted: 130,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/**
 * An error that is meant to be read by the person at the terminal: what failed, and what to try next. It never shows
 * a stack trace. Everything thrown that is not one of these is a defect and ends with exit code 5.
 */
export class ExpectedError extends Error {
  override readonly name: string = 'ExpectedError'
  readonly exitCode: ExitCode
  /** Suggestions in the imperative, most likely first. */
  readonly tryNext: readonly string[]

  constructor(message: string, options: { exitCode: ExitCode; tryNext?: readonly string[]; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = options.exitCode
    this.tryNext = options.tryNext ?? []
  }
}

/** The user's input is wrong: a flag, a settings file, an input file. Exit code 2. */
export class UsageError extends ExpectedError {
  override readonly name = 'UsageError'

  constructor(message: string, tryNext: readonly string[] = [], cause?: unknown) {
    super(message, { exitCode: ExitCode.Usage, tryNext, cause })
  }
}

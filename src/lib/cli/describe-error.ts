import { chalkStderr as chalk } from 'chalk'
import { ExitCode, ExpectedError } from '../errors.js'
import { ResponseError } from '../http/errors.js'

/** An error as it is shown to people and printed under `--json`. */
export interface ErrorDescription {
  readonly name: string
  readonly message: string
  readonly details: readonly string[]
  readonly tryNext: readonly string[]
  readonly exitCode: number
}

/**
 * Sorts an error into the three kinds there are: one that the user can do something about, a use of the command line that
 * oclif refused, and a defect of this tool. Only the last shows where it happened, and only with DEBUG set.
 */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof ExpectedError) {
    const details = error instanceof ResponseError ? error.details : []
    return { name: error.name, message: error.message, details, tryNext: error.tryNext, exitCode: error.exitCode }
  }
  const oclifExit = oclifExitCode(error)
  if (error instanceof Error && oclifExit !== undefined) {
    // Codes of oclif beyond our table are wrong usage: 127 is its unknown command.
    const exitCode = oclifExit === 0 ? ExitCode.Done : ExitCode.Usage
    const message = error.name === 'ExitError' || error.message.startsWith('EEXIT') ? '' : error.message
    return { name: 'UsageError', message, details: [], tryNext: [], exitCode }
  }
  const cause = error instanceof Error ? error : new Error(String(error))
  return {
    name: 'InternalError',
    message: `A defect of bailo-exp: ${cause.message}`,
    details: process.env['DEBUG'] ? (cause.stack ?? '').split('\n').slice(1) : [],
    tryNext: ['report it with the command line that led to it, and the output of the same with DEBUG=1 set'],
    exitCode: ExitCode.Bug,
  }
}

/** Writes an error to stderr: what failed, what the server said about it, what to try next. */
export function printError({ message, details, tryNext }: ErrorDescription): void {
  const lines = [`${chalk.red('Error:')} ${message}`]
  lines.push(...details.map((detail) => chalk.dim(`  ${detail}`)))
  lines.push(...tryNext.map((hint) => `  ${chalk.cyan('Try:')} ${hint}`))
  process.stderr.write(`${lines.join('\n')}\n`)
}

function oclifExitCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('oclif' in error)) return undefined
  const { oclif } = error as { oclif?: { exit?: number | false } }
  return typeof oclif?.exit === 'number' ? oclif.exit : ExitCode.Usage
}

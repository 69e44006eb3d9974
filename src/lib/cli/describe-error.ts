import { chalkStderr as chalk } from 'chalk'
import { ExitCode, ExpectedError } from '../errors.js'
import { ResponseError } from '../http/errors.js'
import { showControls } from '../http/server-text.js'
import { wrapForStderr } from '../report/stderr.js'
import { formatWorkflowCommand } from '../report/workflow-command.js'
import { describeRefusal } from './refusal.js'

/** An error as it is shown to people and printed under `--json`. */
export interface ErrorDescription {
  readonly name: string
  readonly message: string
  readonly details: readonly string[]
  readonly tryNext: readonly string[]
  readonly exitCode: number
}

/** What to try where an error has no advice of its own. */
const GENERAL_ADVICE: Readonly<Record<ExitCode, string>> = {
  [ExitCode.Done]: 'nothing: all is done',
  [ExitCode.Findings]: 'the result on stdout has the details',
  [ExitCode.Usage]: 'the same with --help shows what is possible',
  [ExitCode.Unreachable]: 'the same command later; if that does not help, ask the operators of the instance',
  [ExitCode.Partial]: 'the same command again does the rest',
  [ExitCode.Bug]: 'report it with the command line that led to it, and the output of the same with DEBUG=1 set',
  [ExitCode.Interrupted]: 'the same command again does the rest',
}

/**
 * Sorts an error into the three kinds there are: one that the user can do something about, a use of the command line that
 * oclif refused, and a defect of this tool. Only the last shows where it happened, and only with DEBUG set.
 */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof ExpectedError) {
    const details = error instanceof ResponseError ? [...error.details, `instance: ${error.origin}`] : []
    const { name, exitCode } = error
    // oclif puts the flag in front of what its parser threw.
    const message = error.message.startsWith('Parsing --') ? describeRefusal(error) : error.message
    const tryNext = error.tryNext.length > 0 ? error.tryNext : [GENERAL_ADVICE[exitCode]]
    return { name, message, details, tryNext, exitCode }
  }
  const oclifExit = oclifExitCode(error)
  if (error instanceof Error && oclifExit !== undefined) {
    const isExit = error.name === 'ExitError' || error.message.startsWith('EEXIT')
    return {
      name: 'UsageError',
      message: isExit ? '' : describeRefusal(error),
      details: [],
      tryNext: [GENERAL_ADVICE[ExitCode.Usage]],
      exitCode: oclifExit === 0 ? ExitCode.Done : ExitCode.Usage,
    }
  }
  const cause = error instanceof Error ? error : new Error(String(error))
  return {
    name: 'InternalError',
    message: `A defect of bailo-exp: ${cause.message}`,
    details: process.env['DEBUG'] ? (cause.stack ?? '').split('\n').slice(1) : [],
    tryNext: [GENERAL_ADVICE[ExitCode.Bug]],
    exitCode: ExitCode.Bug,
  }
}

/** Names the command that goes on where an error ended a run, in place of what is advised in general. */
export function withResume(description: ErrorDescription, error: unknown, resume: string): ErrorDescription {
  return {
    ...description,
    tryNext: [...(error instanceof ExpectedError ? error.tryNext : description.tryNext), resume],
  }
}

/** Something worth knowing that is no error, as it is shown on stderr. */
export function formatNote(message: string): string {
  return isOnGitHub()
    ? formatWorkflowCommand('notice', TITLE, message)
    : wrapForStderr(`${chalk.yellow('Note:')} ${message}`)
}

/** Writes an error to stderr: what failed, what the server said about it, what to try next. On GitHub it is an annotation. */
export function printError({
  message,
  details,
  tryNext,
}: Pick<ErrorDescription, 'message' | 'details' | 'tryNext'>): void {
  const lines = [
    isOnGitHub()
      ? formatWorkflowCommand('error', TITLE, message)
      : wrapForStderr(`${chalk.red('Error:')} ${showControls(message)}`),
  ]
  lines.push(...details.map((detail) => chalk.dim(wrapForStderr(showControls(detail), '  ', '    '))))
  // A command that is advised can be copied only whole.
  lines.push(...tryNext.map((hint) => `  ${chalk.cyan('Try:')} ${showControls(hint)}`))
  process.stderr.write(`${lines.join('\n')}\n`)
}

const TITLE = { title: 'bailo-exp' }

/** Whether this is part of a job of GitHub Actions, which shows the first line of an error as `Error: ...` itself. */
function isOnGitHub(): boolean {
  return process.env['GITHUB_ACTIONS'] === 'true'
}

/** The flags that oclif's parser did not know, without their dashes; none for any other error. */
export function listUnknownFlags(error: unknown): string[] {
  if (!(error instanceof Error) || !error.message.startsWith('Nonexistent flag') || !('flags' in error)) return []
  const { flags } = error
  return Array.isArray(flags) ? flags.map((flag) => String(flag).replace(/^-+/, '').replace(/=.*$/s, '')) : []
}

function oclifExitCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('oclif' in error)) return undefined
  const { oclif } = error as { oclif?: { exit?: number | false } }
  return typeof oclif?.exit === 'number' ? oclif.exit : ExitCode.Usage
}

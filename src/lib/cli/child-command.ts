import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { UsageError } from '../errors.js'

/** How bailo-exp itself is run. */
export interface OwnProgram {
  /** Ids of its commands, with colons; a command that begins with one of them needs no program name. */
  readonly commands: readonly string[]
  /** Path of the script that runs it. */
  readonly script: string
}

/** Whether a command is one of bailo-exp's own. */
export function isOwn({ commands }: OwnProgram, command: readonly string[]): boolean {
  return commands.some((id) => id.split(':').every((word, index) => command[index] === word))
}

/** Starts a command, or one of bailo-exp's own, on the terminal of this process. */
export function startCommand(
  own: OwnProgram,
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
): ChildProcess {
  // The dashes keep Node from taking an --env-file of the command for its own (nodejs/node, Dotenv::GetDataFromArgs).
  const program = [process.execPath, ...process.execArgv, '--', own.script]
  const [file = '', ...args] = isOwn(own, command) ? [...program, ...command] : command
  return spawn(file, args, { stdio: 'inherit', env: environment })
}

/**
 * Waits for the end of a command.
 *
 * @returns its exit code; for one that a signal ended, 128 plus the signal's number, as shells have it
 * @throws UsageError when it cannot be started
 */
export function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const isAbsent = 'code' in error && error.code === 'ENOENT'
      const reason = isAbsent ? `there is no ${child.spawnfile}` : error.message
      reject(
        new UsageError(`The command after "--" cannot be started: ${reason}.`, [
          'check its name; what bailo-exp itself has is listed by bailo-exp help',
        ]),
      )
    })
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { fileURLToPath } from 'node:url'
import chalk, { chalkStderr } from 'chalk'
import { ExitCode, ExpectedError } from '../errors.js'
import { describeError, printError } from './describe-error.js'

/**
 * Runs the command line. Commands report their own errors; this is for what happens outside of one, such as an unknown
 * command. What is imported on the way is what is needed on the way: most of the time that a short command takes goes into
 * loading modules.
 *
 * @param entry URL of the script in `bin/`, from which oclif finds the package
 */
export async function main(entry: string): Promise<void> {
  watchOutput()
  obeyNoColor()
  process.on('uncaughtException', (error) => {
    report(error)
    process.exit()
  })
  try {
    await carryOut(process.argv.slice(2), entry)
  } catch (error) {
    report(error)
  }
}

/** NO_COLOR (no-color.org), which chalk does not know. FORCE_COLOR is stronger, as it is for Node. */
function obeyNoColor(): void {
  const { NO_COLOR: noColor, FORCE_COLOR: forceColor } = process.env
  if (!noColor || forceColor !== undefined) return
  chalk.level = 0
  chalkStderr.level = 0
}

async function carryOut(args: readonly string[], entry: string): Promise<void> {
  if (args[0] === '--version' && !isMaybeWsl()) {
    process.stdout.write(`${describeVersion(entry)}\n`)
  } else if (args.length === 0 || (args.length === 1 && args[0] === '--help')) {
    const { showRootHelp } = await import('./root-help.js')
    await showRootHelp(entry)
  } else if (args[0] === '__complete') {
    const { complete } = await import('../completion/main.js')
    // Nothing may disturb the line that is being typed.
    await complete(args.slice(1), entry).catch(() => (process.exitCode = ExitCode.Bug))
  } else {
    const { run } = await import('@oclif/core')
    await run([...args], entry).catch(async (error: unknown) => {
      const { explainUnknownCommand } = await import('./unknown-command.js')
      throw explainUnknownCommand(error, args, entry) ?? error
    })
  }
}

/** The line that oclif prints for `--version`, without loading it. */
function describeVersion(entry: string): string {
  const text = readFileSync(fileURLToPath(new URL('../package.json', entry)), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  const arch = process.arch === 'ia32' ? 'x86' : process.arch
  return `${name}/${version} ${process.platform}-${arch} node-${process.version}`
}

/** Windows Subsystem for Linux, to which oclif gives a name of its own once it has looked closer. */
function isMaybeWsl(): boolean {
  return process.platform === 'linux' && release().toLowerCase().includes('microsoft')
}

function report(error: unknown): void {
  const description = describeError(error)
  process.exitCode = description.exitCode
  if (description.message === '') return
  if (isJsonAsked(process.argv)) process.stdout.write(`${JSON.stringify({ error: description }, undefined, 2)}\n`)
  printError(description)
}

function isJsonAsked(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}

/**
 * A reader that has seen enough (`| head`) is no error, and the work goes on. A result that cannot be written, on a full
 * disk for instance, is one; news that cannot be written to stderr are not worth failing for.
 */
function watchOutput(): void {
  // In front of oclif's own listener, which throws.
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    printError(
      describeError(
        new ExpectedError(`The result cannot be written to stdout: ${error.message}.`, {
          exitCode: ExitCode.Partial,
          tryNext: ['the same command again with another place for its output'],
        }),
      ),
    )
    process.exit(ExitCode.Partial)
  })
  process.stderr.on('error', () => undefined)
}

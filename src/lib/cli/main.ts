import { flush, run } from '@oclif/core'
import { describeError, printError } from './describe-error.js'

/**
 * Runs the command line. Commands report their own errors; this is for what happens outside of one, such as an unknown
 * command.
 *
 * @param entry URL of the script in `bin/`, from which oclif finds the package
 */
export async function main(entry: string): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(process.exitCode ?? 0)
  })
  try {
    await run(process.argv.slice(2), entry)
    await flush()
  } catch (error) {
    const description = describeError(error)
    if (description.message !== '') printError(description)
    process.exitCode = description.exitCode
  }
}

import { fileURLToPath } from 'node:url'
import { readCommands } from '../completion/commands.js'
import { UsageError } from '../errors.js'
import { nearestOf } from '../report/nearest.js'

/**
 * Says which command may have been meant where oclif knows none. To oclif all words up to the first flag are the command, so
 * that one too many after a command that takes none ends up here too.
 *
 * @param entry URL of the script in `bin/`, from which oclif finds the package
 * @returns undefined for any other error
 */
export function explainUnknownCommand(error: unknown, args: readonly string[], entry: string): UsageError | undefined {
  if (!(error instanceof Error) || !/^(?:command .* not found|Command .* not found\.)$/s.test(error.message))
    return undefined
  const known = readCommands(fileURLToPath(new URL('../oclif.manifest.json', entry))).map(({ words }) => words)
  const words = args[0] === 'help' ? args.slice(1) : args
  const command = known.find((one) => one.every((word, index) => word === words[index]))
  if (command !== undefined) {
    return new UsageError(`Unexpected argument: ${words[command.length] ?? ''}`, [
      `bailo-exp ${command.join(' ')} --help, which lists the flags that there are`,
    ])
  }
  const typed = words.slice(0, 2)
  const [first = ''] = typed
  if (first.startsWith('-')) {
    return new UsageError(`A command comes first, and ${first} is none.`, ['bailo-exp help, which lists what there is'])
  }
  const nearest =
    nearestOf(
      typed.join(' '),
      known.map((words) => words.join(' ')),
    ) ??
    nearestOf(
      first,
      known.map(([word = '']) => word),
    )
  const isTopic = known.some(([word, ...more]) => word === first && more.length > 0)
  return new UsageError(`There is no command ${JSON.stringify(isTopic ? typed.join(' ') : first)}.`, [
    ...(nearest === undefined ? [] : [`bailo-exp ${nearest}`]),
    'bailo-exp help, which lists what there is',
  ])
}

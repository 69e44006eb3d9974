import { readFileSync } from 'node:fs'
import { isRecord } from '../http/errors.js'

export interface FlagChoice {
  readonly name: string
  readonly description: string
  readonly takesValue: boolean
  /** Whether `--no-NAME` is one, too. */
  readonly isNegatable: boolean
  readonly isRepeatable: boolean
  /** The values that it takes, where they are known; otherwise empty. */
  readonly values: readonly string[]
  /** What the help calls its value, such as `FILE`. */
  readonly valueName: string
}

export interface CommandChoice {
  /** As they are typed: `['openapi', 'lint']`. */
  readonly words: readonly string[]
  readonly summary: string
  readonly flags: readonly FlagChoice[]
  readonly argNames: readonly string[]
}

/**
 * Reads the commands from the manifest that oclif writes when the package is built, so that completing loads no command.
 *
 * @param file path of `oclif.manifest.json`
 */
export function readCommands(file: string): readonly CommandChoice[] {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const commands = isRecord(manifest) && isRecord(manifest['commands']) ? manifest['commands'] : {}
  return Object.entries(commands).flatMap(([id, command]): CommandChoice[] => {
    if (!isRecord(command) || command['hidden'] === true) return []
    const { args } = command
    return [
      {
        words: id.split(':'),
        summary: textOf(command['summary']),
        flags: readFlags(command['flags']),
        argNames: isRecord(args) ? Object.keys(args) : [],
      },
    ]
  })
}

function readFlags(flags: unknown): FlagChoice[] {
  if (!isRecord(flags)) return []
  return Object.entries(flags).flatMap(([name, flag]): FlagChoice[] => {
    if (!isRecord(flag) || flag['hidden'] === true) return []
    const { options } = flag
    return [
      {
        name,
        description: textOf(flag['description'] ?? flag['summary']),
        takesValue: flag['type'] === 'option',
        isNegatable: flag['allowNo'] === true,
        isRepeatable: flag['multiple'] === true,
        values: Array.isArray(options) ? options.filter((one) => typeof one === 'string') : [],
        valueName: textOf(flag['helpValue']),
      },
    ]
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

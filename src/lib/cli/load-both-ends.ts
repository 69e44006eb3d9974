import { loadSettings, type Settings } from '../config/settings.js'
import { UsageError } from '../errors.js'
import { loadFlagSettings, type ConnectionFlags } from './load-settings.js'

/**
 * The settings of the two instances that a command talks to. An end with a dotenv file of its own takes everything from
 * that file; an end without one is the instance of `--env-file`, `--url` and the environment.
 *
 * @returns one object for both ends when they have the same settings
 * @throws UsageError as {@link loadSettings} does, and for an address that neither end would use
 */
export async function loadBothEnds(
  flags: ConnectionFlags & {
    readonly 'from-env-file'?: string | undefined
    readonly 'to-env-file'?: string | undefined
  },
): Promise<{ source: Settings; destination: Settings }> {
  const load = (ownFile: string | undefined, envFileFlag: string): Promise<Settings> =>
    ownFile === undefined
      ? loadFlagSettings(flags)
      : loadSettings({ envFile: ownFile, envFileFlag, caFile: flags['ca-file'], environment: {} })
  const { 'from-env-file': fromFile, 'to-env-file': toFile, url } = flags
  if (url !== undefined && fromFile !== undefined && toFile !== undefined) {
    throw new UsageError(`--url ${url} is for neither end: each has its address from a dotenv file of its own.`, [
      'leave out --url, or one of --from-env-file and --to-env-file',
    ])
  }
  const source = await load(fromFile, '--from-env-file')
  return { source, destination: fromFile === toFile ? source : await load(toFile, '--to-env-file') }
}

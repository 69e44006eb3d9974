import { loadSettings, type Settings } from '../config/settings.js'

/**
 * The settings of the two instances that a command talks to. An end with a dotenv file of its own takes everything from
 * that file; an end without one is the instance of `--env-file`, `--url` and the environment.
 *
 * @throws UsageError as {@link loadSettings} does
 */
export async function loadBothEnds(flags: {
  readonly 'env-file'?: string | undefined
  readonly url?: string | undefined
  readonly 'from-env-file'?: string | undefined
  readonly 'to-env-file'?: string | undefined
}): Promise<{ source: Settings; destination: Settings }> {
  const load = (ownFile: string | undefined): Promise<Settings> =>
    ownFile === undefined
      ? loadSettings({ envFile: flags['env-file'], url: flags.url, environment: process.env })
      : loadSettings({ envFile: ownFile, environment: {} })
  return { source: await load(flags['from-env-file']), destination: await load(flags['to-env-file']) }
}

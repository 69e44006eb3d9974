import type { Settings, SettingsSources } from '../config/settings.js'

/** The flags that name an instance, as `connectionFlags` defines them. */
export interface ConnectionFlags {
  readonly 'env-file'?: string | undefined
  readonly url?: string | undefined
  readonly 'ca-file'?: string | undefined
}

/** Where the settings of the instance that the flags name come from: flags, environment and dotenv file. */
export function sourcesOf(flags: ConnectionFlags): SettingsSources {
  return { envFile: flags['env-file'], url: flags.url, caFile: flags['ca-file'], environment: process.env }
}

/**
 * The settings of the instance that the flags name.
 *
 * @throws UsageError when they cannot be used
 */
export async function loadFlagSettings(flags: ConnectionFlags): Promise<Settings> {
  // Read only when they are needed: a check of files starts sooner.
  const { loadSettings } = await import('../config/settings.js')
  return loadSettings(sourcesOf(flags))
}

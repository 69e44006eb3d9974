import { homedir } from 'node:os'
import path from 'node:path'

const NAME = 'bailo-exp'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The directory in which the journals of runs are kept: `$XDG_STATE_HOME/bailo-exp/runs` or `~/.local/state/bailo-exp/runs`
 * (XDG Base Directory Specification 0.8), on macOS below `~/Library/Application Support`, on Windows below
 * `%LOCALAPPDATA%`.
 *
 * @param environment variables; one that the specification wants to be absolute and that is not is left aside, as it says
 */
export function defaultRunsDirectory(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  return ownDirectory('runs', { variable: 'XDG_STATE_HOME', below: ['.local', 'state'] }, environment, platform, home)
}

/** The directory of what can be lost at any time, likewise: `$XDG_CACHE_HOME/bailo-exp/cache` or `~/.cache/bailo-exp/cache`. */
export function defaultCacheDirectory(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  return ownDirectory('cache', { variable: 'XDG_CACHE_HOME', below: ['.cache'] }, environment, platform, home)
}

function ownDirectory(
  name: string,
  xdg: { readonly variable: string; readonly below: readonly string[] },
  environment: Environment,
  platform: NodeJS.Platform,
  home: string,
): string {
  const paths = platform === 'win32' ? path.win32 : path.posix
  const absolute = (value: string | undefined): string | undefined =>
    value && paths.isAbsolute(value) ? value : undefined
  return paths.join(base(), NAME, name)

  function base(): string {
    if (platform === 'win32') return absolute(environment['LOCALAPPDATA']) ?? paths.join(home, 'AppData', 'Local')
    if (platform === 'darwin') return paths.join(home, 'Library', 'Application Support')
    return absolute(environment[xdg.variable]) ?? paths.join(home, ...xdg.below)
  }
}

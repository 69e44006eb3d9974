import { homedir } from 'node:os'
import path from 'node:path'

const NAME = 'bailo-exp'

/**
 * The directory in which the journals of runs are kept: `$XDG_STATE_HOME/bailo-exp/runs` or `~/.local/state/bailo-exp/runs`
 * (XDG Base Directory Specification 0.8), on macOS below `~/Library/Application Support`, on Windows below
 * `%LOCALAPPDATA%`.
 *
 * @param environment variables; one that the specification wants to be absolute and that is not is left aside, as it says
 */
export function defaultRunsDirectory(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  const { join, isAbsolute } = platform === 'win32' ? path.win32 : path.posix
  const absolute = (value: string | undefined): string | undefined => (value && isAbsolute(value) ? value : undefined)
  switch (platform) {
    case 'win32':
      return join(absolute(environment['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local'), NAME, 'runs')
    case 'darwin':
      return join(home, 'Library', 'Application Support', NAME, 'runs')
    default:
      return join(absolute(environment['XDG_STATE_HOME']) ?? join(home, '.local', 'state'), NAME, 'runs')
  }
}

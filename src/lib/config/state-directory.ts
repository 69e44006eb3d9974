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
  const paths = platform === 'win32' ? path.win32 : path.posix
  const absolute = (value: string | undefined): string | undefined =>
    value && paths.isAbsolute(value) ? value : undefined
  return paths.join(stateHome(), NAME, 'runs')

  function stateHome(): string {
    if (platform === 'win32') return absolute(environment['LOCALAPPDATA']) ?? paths.join(home, 'AppData', 'Local')
    if (platform === 'darwin') return paths.join(home, 'Library', 'Application Support')
    return absolute(environment['XDG_STATE_HOME']) ?? paths.join(home, '.local', 'state')
  }
}

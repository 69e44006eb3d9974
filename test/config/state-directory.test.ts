import { describe, expect, it } from 'vitest'
import { defaultRunsDirectory } from '../../src/lib/config/state-directory.js'

describe('the state directory', () => {
  it.each([
    ['linux', {}, '/home/ada/.local/state/bailo-exp/runs'],
    ['linux', { XDG_STATE_HOME: '/var/state' }, '/var/state/bailo-exp/runs'],
    ['linux', { XDG_STATE_HOME: 'relative' }, '/home/ada/.local/state/bailo-exp/runs'],
    ['linux', { XDG_STATE_HOME: '' }, '/home/ada/.local/state/bailo-exp/runs'],
    ['freebsd', {}, '/home/ada/.local/state/bailo-exp/runs'],
    ['darwin', { XDG_STATE_HOME: '/var/state' }, '/home/ada/Library/Application Support/bailo-exp/runs'],
  ] as const)('on %s with %j is %s', (platform, environment, expected) => {
    expect(defaultRunsDirectory(environment, platform, '/home/ada')).toBe(expected)
  })

  it.each([
    [{}, 'C:\\Users\\ada\\AppData\\Local\\bailo-exp\\runs'],
    [{ LOCALAPPDATA: 'D:\\Local' }, 'D:\\Local\\bailo-exp\\runs'],
  ])('on Windows with %j is %s', (environment, expected) => {
    expect(defaultRunsDirectory(environment, 'win32', 'C:\\Users\\ada')).toBe(expected)
  })
})

import { UsageError } from '../errors.js'
import { showControls } from '../http/server-text.js'
import { LEVELS, type Level } from './finding.js'
import { nearestOf } from '../report/nearest.js'
import type { RuleInfo } from './rules/rule.js'

/** A level, or not to run a rule at all. */
export type Setting = Level | 'off'

/** What a finding must be at least for the check to fail; `never` makes it pass whatever is found. */
export const FAIL_ON = ['error', 'warning', 'never'] as const
export type FailOn = (typeof FAIL_ON)[number]

const SETTINGS: readonly string[] = ['off', ...LEVELS]

/** The level of each rule; a rule that is off is not in it. */
export type Levels = ReadonlyMap<string, Level>

/**
 * Works out the level of each rule from its default and what was set, of which the last one counts.
 *
 * @throws UsageError for a rule or a level that does not exist
 */
export function chooseLevels(rules: readonly RuleInfo[], settings: readonly (readonly [string, unknown])[]): Levels {
  const levels = new Map<string, Setting>(rules.map(({ id, level }) => [id, level]))
  for (const [id, setting] of settings) {
    if (!levels.has(id)) {
      const near = nearestOf(id, [...levels.keys()])
      throw new UsageError(`There is no rule "${showControls(id)}".`, [
        ...(near === undefined ? [] : [`use ${near}, which may be what is meant`]),
        'bailo-exp openapi rules lists all of them',
      ])
    }
    if (typeof setting !== 'string' || !SETTINGS.includes(setting)) {
      const shown = showControls(typeof setting === 'string' ? setting : (JSON.stringify(setting) ?? 'nothing'))
      throw new UsageError(`The rule ${id} cannot be set to "${shown}".`, [`use ${SETTINGS.join(', ')}`])
    }
    levels.set(id, setting as Setting)
  }
  return new Map([...levels].filter((entry): entry is [string, Level] => entry[1] !== 'off'))
}

/**
 * Reads `rule=level`.
 *
 * @throws UsageError when it has no equals sign; whether both exist is for {@link chooseLevels} to say
 */
export function parseSetting(text: string): readonly [string, string] {
  const [id = '', setting] = text.split('=').map((part) => part.trim())
  if (id === '' || setting === undefined) {
    throw new UsageError(`--rule ${showControls(text)} is not of the form RULE=LEVEL.`, [
      'write for instance --rule endpoint-not-covered=off',
    ])
  }
  return [id, setting]
}

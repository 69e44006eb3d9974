import { readFile } from 'node:fs/promises'
import { UsageError } from '../errors.js'
import { describeFailure } from '../files/describe-failure.js'
import { isRecord } from '../http/errors.js'
import { showControls, showServerText } from '../http/server-text.js'
import { FAIL_ON, type FailOn } from './levels.js'
import { nearestOf } from '../report/nearest.js'

/** The file that is read where a check runs, if there is one and no other is named. */
export const DEFAULT_CONFIG_FILE = 'bailo-exp.lint.yaml'

export interface LintConfig {
  /** Rules and their levels, as they were written. */
  readonly rules: readonly (readonly [string, unknown])[]
  readonly failOn: FailOn | undefined
  readonly baseline: string | undefined
}

const KEYS = ['rules', 'fail-on', 'baseline']

/**
 * Reads the settings of a check from a small YAML file.
 *
 * @param path the file that the user named; otherwise the default one, which may be absent
 * @throws UsageError when it cannot be read, or has a key or value that means nothing
 */
export async function readConfig(path: string | undefined): Promise<LintConfig> {
  const file = path ?? DEFAULT_CONFIG_FILE
  const text = await readText(file, path === undefined)
  if (text === undefined) return { rules: [], failOn: undefined, baseline: undefined }
  const value = (await parseYaml(file, text)) ?? {}
  if (!isRecord(value)) throw new UsageError(`The settings file ${showControls(file)} is not a map.`, [EXAMPLE])
  for (const key of Object.keys(value)) {
    if (KEYS.includes(key)) continue
    const near = nearestOf(key, KEYS)
    const hint = near === undefined ? `use ${KEYS.join(', ')}` : `use ${near}, which may be what is meant`
    throw new UsageError(`The settings file ${showControls(file)} has the unknown key "${showControls(key)}".`, [hint])
  }
  const { rules = {}, 'fail-on': failOn, baseline } = value
  if (!isRecord(rules)) throw new UsageError(`"rules" in ${showControls(file)} is not a map of levels.`, [EXAMPLE])
  if (failOn !== undefined && !FAIL_ON.some((one) => one === failOn)) {
    throw new UsageError(`"fail-on" in ${showControls(file)} is ${show(failOn)}.`, [`use ${FAIL_ON.join(', ')}`])
  }
  if (baseline !== undefined && typeof baseline !== 'string') {
    throw new UsageError(`"baseline" in ${showControls(file)} is ${show(baseline)}, not the name of a file.`)
  }
  // YAML 1.1 reads a bare off as false, and people know that; YAML 1.2, which is read here, does not.
  const settings = Object.entries(rules).map(([id, level]) => [id, level === false ? 'off' : level] as const)
  return { rules: settings, failOn: failOn as FailOn | undefined, baseline }
}

const EXAMPLE = 'write for instance the lines "rules:" and "  endpoint-not-covered: off"'

async function readText(path: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError(
      `The settings file ${showControls(path)} cannot be read: ${showControls(describeFailure(error))}.`,
    )
  }
}

async function parseYaml(path: string, text: string): Promise<unknown> {
  const { parse } = await import('yaml')
  try {
    return parse(text, { logLevel: 'error' }) as unknown
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new UsageError(`The settings file ${showControls(path)} is not valid YAML: ${showServerText(reason)}.`)
  }
}

function show(value: unknown): string {
  return showServerText(JSON.stringify(value))
}

import { ExitCode } from '../errors.js'
import { showControls } from '../http/server-text.js'
import type { CheckOptions } from '../lint/conclude.js'
import { loadFormat, type FormatName } from '../lint/formats/index.js'
import type { FailOn } from '../lint/levels.js'
import type { Finding } from '../lint/finding.js'
import type { Report, Summary } from '../lint/report.js'
import {
  API_VERSIONS,
  loadFromInstance,
  loadSpecification,
  type ApiVersion,
  type LoadOptions,
} from '../lint/specification/load.js'
import type { LoadedDocument } from '../lint/specification/parse.js'
import { writeWhole } from '../files/write-whole.js'
import { loadFlagSettings, sourcesOf, type ConnectionFlags } from './load-settings.js'

interface CheckFlags {
  readonly rule: readonly string[]
  readonly config?: string | undefined
  readonly 'fail-on'?: FailOn | undefined
  readonly baseline?: string | undefined
  readonly 'update-baseline': boolean
}

/** What a check prints under `--json`. */
export interface CheckResult {
  readonly findings: readonly Finding[]
  readonly summary: Summary
}

/** Makes the options of a check from its flags. */
export function toCheckOptions(flags: CheckFlags, tell: (message: string) => void): CheckOptions {
  return {
    rules: flags.rule,
    config: flags.config,
    failOn: flags['fail-on'],
    baseline: flags.baseline,
    isUpdatingBaseline: flags['update-baseline'],
    tell,
  }
}

/** Makes a way to tell the user something that may hold text from elsewhere. */
export function safely(tell: (message: string) => void): (message: string) => void {
  return (message) => tell(showControls(message))
}

/**
 * Loads the specifications that were named, or those of the instance.
 *
 * @throws UsageError as the settings do, SpecificationError and others when there is none
 */
export async function loadSpecifications(
  named: readonly string[],
  flags: ConnectionFlags,
  options: LoadOptions,
  versions: readonly ApiVersion[] = API_VERSIONS,
): Promise<readonly LoadedDocument[]> {
  if (named.length === 0) return loadFromInstance(await loadFlagSettings(flags), versions, options)
  return Promise.all(named.map((one) => loadNamed(one, flags, options)))
}

/** As {@link loadSpecification}, with the keys of the settings if there are any. */
export async function loadNamed(
  fileOrUrl: string,
  flags: ConnectionFlags,
  options: LoadOptions,
): Promise<LoadedDocument> {
  if (!/^https?:/i.test(fileOrUrl)) return loadSpecification(fileOrUrl, undefined, options)
  const { loadSettingsIfAny } = await import('../config/settings.js')
  return loadSpecification(fileOrUrl, await loadSettingsIfAny(sourcesOf(flags)), options)
}

/**
 * Prints a report, or writes it to a file, and sets the exit code.
 *
 * @param print writes to stdout, unless that is for the JSON of `--json`
 * @returns what `--json` prints
 */
export async function publish(
  report: Report,
  flags: { readonly format: FormatName; readonly output?: string | undefined },
  print: { readonly log: (text: string) => void; readonly isJson: boolean; readonly tell: (message: string) => void },
): Promise<CheckResult> {
  process.exitCode = report.summary.failed ? ExitCode.Findings : ExitCode.Done
  const { findings, summary } = report
  if (flags.output !== undefined || !print.isJson) {
    const text = (await loadFormat(flags.format))(report)
    if (flags.output === undefined) print.log(text)
    else {
      await writeWhole(flags.output, `${text}\n`)
      print.tell(`Written to ${flags.output}: ${summary.errors} errors, ${summary.warnings} warnings.`)
    }
  }
  return { findings, summary }
}

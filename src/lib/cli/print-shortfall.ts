import type { Finding } from '../experiments/result.js'
import { showServerText } from '../http/server-text.js'
import { countOf } from '../report/text.js'
import type { RunReport } from '../run/run.js'
import { printError } from './describe-error.js'

/** What a command says of its findings as a whole. */
export interface Extent {
  /** What was made although not all could be: `Nothing was made`. */
  readonly message: string
  /** How the message goes on to the model or instance; default: `in`. */
  readonly preposition?: 'from'
  readonly tryNext: readonly string[]
}

const NOT_AS_ASKED: Extent = { message: 'Not as asked for', tryNext: [] }

/**
 * Says on stderr, in one paragraph, why a run that came to its end has not done all that was asked for. The result on
 * stdout has the whole list; this is for who sees only stderr, as in a pipeline or with `--json`.
 *
 * @param where the model or instance that the experiment worked in
 */
export function printShortfall(
  where: string,
  run: RunReport,
  findings: readonly Finding[],
  extent: Extent = NOT_AS_ASKED,
): void {
  const [failure] = run.failed
  const [finding] = findings
  if (failure !== undefined) {
    const message = `${countOf(run.failed.length, 'step')} failed in ${where}. First ${failure.key}: ${failure.message}`
    printError({
      message: showServerText(message),
      details: [],
      tryNext: [...failure.tryNext, run.resume ?? 'the same command again does the rest'],
    })
  } else if (finding !== undefined) {
    const others = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
    const message = `${extent.message} ${extent.preposition ?? 'in'} ${where}: ${finding.subject} ${finding.message}${others}.`
    const advice = finding.tryNext === undefined ? [] : [finding.tryNext]
    printError({ message: showServerText(message), details: [], tryNext: [...advice, ...extent.tryNext] })
  }
}

import { ExitCode } from '../../errors.js'
import { countOf } from '../text.js'
import type { Outcome, RunDocument, Verdict } from './model.js'

/** Exit codes as reports call them. */
export const OUTCOME_OF: Readonly<Record<ExitCode, Outcome>> = {
  [ExitCode.Done]: 'passed',
  [ExitCode.Findings]: 'findings',
  [ExitCode.Usage]: 'wrong-usage',
  [ExitCode.Unreachable]: 'unreachable',
  [ExitCode.Partial]: 'incomplete',
  [ExitCode.Bug]: 'defect',
  [ExitCode.Interrupted]: 'interrupted',
}

/** What the outcomes mean, for people. */
export const OUTCOME_TITLES: Readonly<Record<Outcome, string>> = {
  passed: 'Passed',
  findings: 'Not as asked for',
  'wrong-usage': 'Refused: wrong usage',
  unreachable: 'Could not reach or authenticate',
  incomplete: 'Incomplete',
  defect: 'A defect of bailo-exp',
  interrupted: 'Interrupted',
}

/**
 * How a run ended, in words.
 *
 * @param reason why it ended early, if it did
 */
export function toVerdict(
  exitCode: ExitCode,
  reason: string | undefined,
  { failed, findings, run }: Pick<RunDocument, 'failed' | 'findings' | 'run'>,
): Verdict {
  const outcome = OUTCOME_OF[exitCode]
  if (run.isDryRun && exitCode === ExitCode.Done) {
    return { exitCode, outcome, message: 'A dry run: nothing was changed.' }
  }
  const parts = [
    ...(reason === undefined ? [] : [reason]),
    ...(failed.count === 0 ? [] : [`${countOf(failed.count, 'step')} failed.`]),
    ...(findings.count === 0 ? [] : [`${countOf(findings.count, 'finding')}.`]),
  ]
  const fallback = exitCode === ExitCode.Done ? 'All was done as asked for.' : 'Not all was done.'
  return { exitCode, outcome, message: parts.join(' ') || fallback }
}

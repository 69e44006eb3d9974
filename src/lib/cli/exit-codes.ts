import { ExitCode } from '../errors.js'

/** What the exit codes mean, by code. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  [ExitCode.Done]: 'done',
  [ExitCode.Findings]: 'it ran, and found something (a difference, or something that cannot be copied)',
  [ExitCode.Usage]: 'wrong usage (a flag, a settings file, an input file, a model that does not exist)',
  [ExitCode.Unreachable]: 'the instance could not be reached, or refused the keys or their rights',
  [ExitCode.Partial]: 'partly done, and it says how to go on',
  [ExitCode.Bug]: 'a defect of bailo-exp',
  [ExitCode.Interrupted]: 'interrupted',
}

/** The table of exit codes as a sentence, for the help of an experiment; README.md has the same. */
export const exitCodesHelp = `Exit codes: ${Object.entries(exitCodeMeanings)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join('; ')}.`

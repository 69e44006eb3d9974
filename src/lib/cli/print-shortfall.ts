import type { CloneReleasesResult } from '../experiments/clone-releases/index.js'
import { showServerText } from '../http/server-text.js'
import { countOf } from '../report/text.js'
import { printError } from './describe-error.js'

/**
 * Says on stderr, in one paragraph, why a run that came to its end has not done all that was asked for. The result on
 * stdout has the whole list; this is for who sees only stderr, as in a pipeline or with `--json`.
 */
export function printShortfall({ destination, run, problems, comparison }: CloneReleasesResult): void {
  const where = `${destination.modelId || 'a new model'} at ${destination.url}`
  const [failure] = run.failed
  const [problem] = problems
  const [difference] = comparison?.differences ?? []
  if (failure !== undefined) {
    const message = `${countOf(run.failed.length, 'step')} failed in ${where}. First ${failure.key}: ${failure.message}`
    printError({
      message: showServerText(message),
      details: [],
      tryNext: [...failure.tryNext, 'the same command again does the rest'],
    })
  } else if (problem !== undefined) {
    const extent = comparison === undefined ? 'Nothing was made' : 'Only the rest was copied'
    const others = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    const message = `${extent} in ${where}: ${problem.subject}: ${problem.message}${others}.`
    const isAllRefused = comparison === undefined && run.planned.length === 0
    const keepGoing = isAllRefused ? ['--keep-going copies everything else'] : []
    printError({ message: showServerText(message), details: [], tryNext: [problem.tryNext, ...keepGoing] })
  } else if (difference !== undefined) {
    const count = countOf(comparison?.differences.length ?? 0, 'difference')
    const message = `${count} between source and ${where}. First ${difference.subject} ${difference.message}.`
    printError({
      message: showServerText(message),
      details: [],
      tryNext: ['another destination, or delete there what differs and run again'],
    })
  }
}

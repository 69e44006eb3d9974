import { ExpectedError } from '../errors.js'
import type { Run } from '../run/run.js'
import type { Finding } from './result.js'

/**
 * Checks what an experiment has made, unless it made nothing because of a dry run, or was stopped. A check that fails,
 * for instance because the instance does not answer after so much load, is a finding: what was measured is not lost. One
 * that an interrupt breaks off has found nothing.
 */
export async function checkAtEnd(run: Run, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  if (run.isDryRun || run.stopReason !== undefined) return []
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    // Asked of the signal anew, because the check took its time.
    if (run.stopSignal.aborted) return []
    const [tryNext] = error.tryNext
    const message = `was not possible: ${error.message.replace(/\.$/, '')}`
    return [{ subject: 'the check at the end', message, ...(tryNext && { tryNext }) }]
  }
}

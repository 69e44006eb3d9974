import type { DoctorResult } from '../doctor/index.js'
import { showServerText } from '../http/server-text.js'
import { printError } from './describe-error.js'

/**
 * Says on stderr, in one paragraph, that checks have failed, and which was the first. The result on stdout has all of them;
 * this is for who sees only stderr.
 */
export function printFailedChecks({ url, checks }: DoctorResult): void {
  const failed = checks.filter(({ status }) => status === 'fail')
  const [first] = failed
  if (first === undefined) return
  const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : ''
  const message = `A check of ${url} failed: ${first.id}: ${first.detail}${others}.`
  printError({ message: showServerText(message), details: [], tryNext: first.tryNext })
}

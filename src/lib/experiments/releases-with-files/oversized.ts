import { MAX_JSON_BODY_BYTES } from '../../api/releases.js'
import { UsageError } from '../../errors.js'
import type { Finding } from '../result.js'
import { planOf, requestBytesOf, type ReleasePlan } from './plan.js'

/**
 * Takes the releases out of a plan that Bailo could not take, because their list of files makes too large a request.
 *
 * @param countFlag the flag that the number of files follows from
 * @param keepGoing whether the rest is to be made all the same
 * @returns what can be made, and what was taken out
 * @throws UsageError when there is such a release and nothing is to be made then
 */
export function withoutOversized(
  plan: ReleasePlan,
  countFlag: string,
  keepGoing: boolean,
): { readonly plan: ReleasePlan; readonly findings: readonly Finding[] } {
  const [fitting, oversized] = [plan.releases.filter(fits), plan.releases.filter((release) => !fits(release))]
  const largest = oversized.at(-1)
  if (largest === undefined) return { plan, findings: [] }
  const limit = `Bailo takes ${MAX_JSON_BODY_BYTES}`
  const most = fitting.reduce((highest, { from, to }) => Math.max(highest, to - from), 0)
  const tryNext = `a smaller ${countFlag}: the largest of these releases that it takes is the one with ${most} files`
  if (!keepGoing) {
    throw new UsageError(
      `The request for a release with ${largest.to - largest.from} files would have ${requestBytesOf(largest)} bytes, and ${limit}; nothing was made.`,
      [tryNext, '--keep-going makes all releases that fit'],
    )
  }
  const findings = oversized.map(({ name, to, from }) => ({
    subject: `release ${name}`,
    message: `was left out: the request for its ${to - from} files would be too large, because ${limit} bytes`,
    tryNext,
  }))
  return { plan: planOf(plan, fitting), findings }
}

function fits(release: Parameters<typeof requestBytesOf>[0]): boolean {
  return requestBytesOf(release) <= MAX_JSON_BODY_BYTES
}

import { countOf } from '../../report/text.js'
import type { Report } from '../report.js'

/** The summary in sentences, for formats that people read; nothing in it is escaped yet. */
export function summaryLines({ summary }: Report): string[] {
  const { errors, warnings, infos, baselined, stale, client, coverage, liveResponses } = summary
  const counts = [countOf(errors, 'error'), countOf(warnings, 'warning'), `${infos} for information`].join(', ')
  const lines = [`${counts}${baselined > 0 ? `; ${baselined} more in the baseline` : ''}`]
  if (stale.length > 0)
    lines.push(`${countOf(stale.length, 'entry', 'entries')} of the baseline found nothing any more`)
  if (client !== undefined) {
    const { matched, calls, unresolved, exempt, names } = client
    const rest = [
      ...(unresolved > 0 ? [`${unresolved} could not be told`] : []),
      ...(exempt > 0 ? [`${exempt} more are served, but not in what was looked at`] : []),
    ]
    const more = rest.length > 0 ? ` (${rest.join(', ')})` : ''
    lines.push(`The specification has ${matched} of ${countOf(calls, 'call')} of ${names.join(', ')}${more}`)
  }
  if (coverage !== undefined) lines.push(`${coverage.covered} of ${countOf(coverage.total, 'operation')} covered`)
  if (liveResponses !== undefined) {
    const { called, requests, notCalled } = liveResponses
    lines.push(
      `${countOf(called, 'operation')} of the instance called in ${countOf(requests, 'request')}, ${notCalled.length} not`,
    )
  }
  return lines
}

import { formatSize } from '../content/size.js'
import { ConnectionError, ResponseError } from '../http/errors.js'
import type { Attempt, HttpNews } from '../http/news.js'
import { formatDuration } from './text.js'

/** Longest value of a query that is shown: the state of a registry's upload has hundreds of characters, and says nothing. */
const MAX_VALUE_LENGTH = 120

/**
 * One line about an attempt of a request or a retry: `GET https://bailo.example.com/api/v2/models/search 200 (35 ms)`. It
 * has nothing of headers and bodies, and with them no keys.
 */
export function describeNews(news: HttpNews): string {
  if (news.kind === 'attempt') return describeAttempt(news.attempt, news.failure)
  const { number, maxRetries, delayMs } = news.retry
  return `again in ${formatDuration(delayMs)} (retry ${number} of ${maxRetries}): ${news.failure.message}`
}

function describeAttempt({ method, url, status, bodyBytes, startedMs, endedMs }: Attempt, failure: unknown): string {
  const time = formatDuration(endedMs - startedMs)
  const size = bodyBytes > 0 ? `, body ${formatSize(bodyBytes)}` : ''
  const line = `${method} ${describeUrl(url)} ${status ?? 'no answer'} (${time}${size})`
  return failure === undefined ? line : `${line} ${reasonOf(failure)}`
}

/** As it was sent, so that it is found in the log of a server. */
function describeUrl({ origin, pathname, search }: URL): string {
  const query = search.replace(/=([^&]*)/g, (pair, value: string) => (value.length > MAX_VALUE_LENGTH ? '=...' : pair))
  return `${origin}${pathname}${query}`
}

function reasonOf(failure: unknown): string {
  if (failure instanceof ResponseError) return failure.serverMessage
  if (failure instanceof ConnectionError) return failure.reason
  return failure instanceof Error ? failure.message : String(failure)
}

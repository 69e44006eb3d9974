import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { BailoError, describeError, UnknownServerError } from '../errors.js'
import { renderProxyErrorPage } from '../html.js'
import { isForRegistry, TOKEN_PATH } from '../registry/index.js'
import type { ErrorAnswer } from './rule.js'

/**
 * Sets status and headers of an error answer, in place of all that were set before, and returns its body; undefined when it has none.
 *
 * @param rule named in the message, so that nobody takes it for a fault of the sandbox
 */
export function prepareErrorAnswer(answer: ErrorAnswer, reply: FastifyReply, rule: string): string | undefined {
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  const { status, form, retryAfterSeconds } = answer
  reply.code(status)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
  switch (form) {
    case 'empty':
      return undefined
    case 'html':
      reply.header('content-type', 'text/html')
      return renderProxyErrorPage(`${status} ${STATUS_CODES[status] ?? ''}`.trim())
    case 'json':
      reply.header('content-type', 'application/json; charset=utf-8')
      return JSON.stringify(describeIn(reply.request.url, status, `Fault on demand: ${rule}`))
  }
}

/** The registry and its token endpoint have a form of their own (OCI distribution specification, "Error Codes"). */
function describeIn(url: string, status: number, message: string): object {
  if (isForRegistry(url) || url.startsWith(TOKEN_PATH))
    return { errors: [{ code: status === 429 ? 'TOOMANYREQUESTS' : 'UNKNOWN', message }] }
  return describeError(status === 500 ? new UnknownServerError() : new BailoError(status, message))
}

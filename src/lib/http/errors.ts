import { ExitCode, ExpectedError } from '../errors.js'
import type { AnswerHeaders } from './answer-headers.js'
import { showServerText } from './server-text.js'

/** The operation that a request was made for; `path` is the template of the contract, not the filled-in URL. */
export interface Operation {
  readonly method: string
  readonly path: string
}

const CHECK_URL = 'check that URL is the address of a running Bailo'

/** No HTTP answer came: the connection could not be made, broke, or took too long. Exit code 3. */
export class ConnectionError extends ExpectedError {
  override readonly name = 'ConnectionError'
  /** True when the request cannot have reached the server, so that sending it again cannot do anything twice. */
  readonly isUnsent: boolean
  /** True when this server has never answered in this run: then a wrong address is likelier than a passing failure. */
  readonly isFirstContact: boolean
  /** What became of the connection, in a few words. */
  readonly reason: string

  constructor(operation: Operation, origin: string, cause: unknown, isFirstContact: boolean) {
    const failure = findFailure(cause)
    const reason = describeFailure(failure, cause)
    super(`${operation.method} ${operation.path}: no answer from ${origin} (${reason}).`, {
      exitCode: ExitCode.Unreachable,
      tryNext: isOfCertificate(failure)
        ? ['name the certificate of its authority (PEM) with --ca-file, or as CA_FILE in the dotenv file', CHECK_URL]
        : [CHECK_URL, 'check the network, a proxy or VPN in between'],
      cause,
    })
    this.isFirstContact = isFirstContact
    this.reason = reason
    this.isUnsent = failure !== undefined && isBeforeSending(failure)
  }
}

/** The server answered with an error, or with something that is not an answer of Bailo. */
export class ResponseError extends ExpectedError {
  override readonly name = 'ResponseError'
  readonly operation: Operation
  /** The instance that answered. */
  readonly origin: string
  readonly status: number
  /** What the server said, control characters made visible. */
  readonly serverMessage: string
  /** The server's list of what is wrong with the request, one line each. */
  readonly details: readonly string[]
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    operation: Operation,
    answer: {
      origin: string
      status: number
      serverMessage: string
      details?: readonly string[]
      retryAfterMs?: number | undefined
      tryNext?: readonly string[]
      exitCode?: ExitCode
    },
  ) {
    super(`${operation.method} ${operation.path} answered ${answer.status}: ${answer.serverMessage}`, {
      exitCode: answer.exitCode ?? exitCodeFor(answer.status),
      tryNext: answer.tryNext ?? adviseOn(answer.status),
    })
    this.operation = operation
    this.origin = answer.origin
    this.status = answer.status
    this.serverMessage = answer.serverMessage
    this.details = answer.details ?? []
    this.retryAfterMs = answer.retryAfterMs
  }
}

/** The server answered with success, but with content that no Bailo would send. Exit code 3. */
export class UnexpectedAnswerError extends ExpectedError {
  override readonly name = 'UnexpectedAnswerError'
  /** True when the answer was lost or garbled on its way, and false when it is a whole one that cannot be true. */
  readonly isUnreadable: boolean

  constructor(operation: Operation, what: string, options: { isUnreadable?: boolean } = {}) {
    super(`${operation.method} ${operation.path}: ${what}`, {
      exitCode: ExitCode.Unreachable,
      tryNext: [
        'check that URL is the origin of a Bailo instance, not of a login page or another service',
        'check that the instance is of a supported version: bailo-exp is made for API v2',
      ],
    })
    this.isUnreadable = options.isUnreadable ?? false
  }
}

/**
 * Turns an error answer into a {@link ResponseError}. Understands Bailo's body (`error.message`, `error.context`), the
 * registry's (OCI distribution specification, "Error Codes") and the HTML of a proxy.
 */
export function toResponseError(
  operation: Operation,
  answer: { origin: string; status: number; headers: AnswerHeaders; body: string },
): ResponseError {
  const { origin, status } = answer
  const contentType = answer.headers.get('content-type') ?? ''
  const retryAfterMs = parseRetryAfter(answer.headers.get('retry-after'))
  const location = answer.headers.get('location')
  if (status >= 300 && status < 400 && location !== null) {
    return new ResponseError(operation, {
      origin,
      status,
      serverMessage: `a redirect to ${showServerText(location)}`,
      tryNext: ['set URL to the address that the redirect leads to, if that is your Bailo'],
    })
  }
  if (contentType.includes('json')) {
    const parsed = parseErrorBody(answer.body)
    if (parsed !== undefined) return new ResponseError(operation, { origin, status, retryAfterMs, ...parsed })
  }
  if (contentType.includes('html')) {
    const title = /<title>([^<]*)<\/title>|<pre>([^<]*)<\/pre>/i.exec(answer.body)
    return new ResponseError(operation, {
      origin,
      status,
      serverMessage: `an HTML page${title ? ` (${showServerText(title[1] ?? title[2] ?? '')})` : ''}, not Bailo's JSON`,
      retryAfterMs,
      exitCode: ExitCode.Unreachable,
      tryNext: ['this comes from a proxy in front of Bailo or from another service: check URL', ...adviseOn(status)],
    })
  }
  const text = answer.body.trim()
  return new ResponseError(operation, {
    origin,
    status,
    serverMessage: text === '' ? 'no explanation' : showServerText(text),
    retryAfterMs,
  })
}

function parseErrorBody(body: string): { serverMessage: string; details: string[] } | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return undefined
  }
  if (!isRecord(parsed)) return undefined
  if (isRecord(parsed['error']) && typeof parsed['error']['message'] === 'string') {
    const context = parsed['error']['context']
    return { serverMessage: showServerText(parsed['error']['message']), details: describeContext(context) }
  }
  if (Array.isArray(parsed['errors'])) {
    const messages = parsed['errors']
      .filter(isRecord)
      .map((entry) => [entry['code'], entry['message']].filter((part) => typeof part === 'string').join(': '))
    if (messages.length > 0) return { serverMessage: showServerText(messages.join('; ')), details: [] }
  }
  return undefined
}

function describeContext(context: unknown): string[] {
  if (!isRecord(context)) return []
  const lines: string[] = []
  for (const list of [context['errors'], context['validationErrors']]) {
    if (!Array.isArray(list)) continue
    for (const entry of list.filter(isRecord)) {
      const path = Array.isArray(entry['path']) ? entry['path'].join('.') : ''
      const message = typeof entry['message'] === 'string' ? entry['message'] : ''
      lines.push(showServerText(path === '' ? message : `${path}: ${message}`))
    }
  }
  const inner = context['error']
  if (isRecord(inner) && typeof inner['message'] === 'string') lines.push(showServerText(inner['message']))
  const scans = context['scanErrors']
  for (const [problem, files] of isRecord(scans) ? Object.entries(scans) : []) {
    if (!Array.isArray(files) || files.length === 0) continue
    const names = files.filter(isRecord).map(({ name }) => JSON.stringify(name))
    lines.push(showServerText(`${problem}: ${names.join(', ')}`))
  }
  for (const key of ['modelId', 'fileId', 'semver', 'releases', 'missingImages', 'duplicates']) {
    if (key in context) lines.push(showServerText(`${key}: ${JSON.stringify(context[key])}`))
  }
  return lines.slice(0, 20)
}

/**
 * The waiting time that a Retry-After header asks for (RFC 9110, section 10.2.3): seconds or an HTTP date.
 *
 * @returns milliseconds from now, or undefined when the header is absent or malformed
 */
export function parseRetryAfter(value: string | null | undefined, now = Date.now()): number | undefined {
  if (value === null || value === undefined || value.trim() === '') return undefined
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Statuses below 500 that say nothing against the request: keys, rights, or a server that is busy. */
const REFUSALS = new Set([401, 403, 408, 425, 429])

function exitCodeFor(status: number): ExitCode {
  return REFUSALS.has(status) || status >= 500 || status < 400 ? ExitCode.Unreachable : ExitCode.Usage
}

function adviseOn(status: number): string[] {
  switch (status) {
    case 401:
      return ['check ACCESS_KEY and SECRET_KEY; a token that was deleted answers the same']
    case 403:
      return ['use a token that has this action and covers this model, of a user with the rights to it']
    case 404:
      return ['check the id; a private model that the token cannot see answers the same']
    case 413:
    case 414:
      return ['make the name or the body smaller: the proxy in front of Bailo refuses this size']
    case 500:
      return ["look into the server's log; Bailo also answers 500 for some mistakes in a request"]
    case 429:
    case 503:
      return ['try again later, or with a lower --concurrency']
    default:
      return []
  }
}

const UNSENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Certificates that nobody known vouches for, by the codes of OpenSSL that Node passes on. */
const CERTIFICATE_MEANINGS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate in the chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the authority of the certificate is unknown',
}

const CODE_MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while sending',
  ETIMEDOUT: 'timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stalled',
  UND_ERR_SOCKET: 'the connection was closed by the other side',
  ...CERTIFICATE_MEANINGS,
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
}

/**
 * Whether an error is one of the network. Those of Node and undici have a code; a mistake in this program has none, or is
 * an error of the language, and must not be taken for a bad connection and tried again.
 */
export function isNetworkError(error: unknown): boolean {
  return findFailure(error) !== undefined && !(error instanceof TypeError || error instanceof RangeError)
}

interface NetworkFailure {
  readonly code: string
  /** What the operating system was asked to do, such as `connect` or `read`. */
  readonly syscall: unknown
}

function findFailure(error: unknown): NetworkFailure | undefined {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 5; depth++) {
    if ('code' in current && typeof current.code === 'string') {
      return { code: current.code, syscall: 'syscall' in current ? current.syscall : undefined }
    }
    // Node tries all addresses of a host and reports the failures together.
    current = current instanceof AggregateError ? (current.errors[0] as unknown) : current.cause
  }
  return undefined
}

/** A network can also become unreachable after sending; then it is reading or writing that fails. */
function isBeforeSending({ code, syscall }: NetworkFailure): boolean {
  return UNSENT_CODES.has(code) && syscall !== 'read' && syscall !== 'write'
}

/** Whether it is that nobody is known to vouch for the certificate. */
function isOfCertificate(failure: NetworkFailure | undefined): boolean {
  return failure !== undefined && Object.hasOwn(CERTIFICATE_MEANINGS, failure.code)
}

function describeFailure(failure: NetworkFailure | undefined, cause: unknown): string {
  if (failure !== undefined) return CODE_MEANINGS[failure.code] ?? failure.code
  return cause instanceof Error ? cause.message : String(cause)
}

/** True for a plain JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

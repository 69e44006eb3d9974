import type { Instance } from '../api/instance.js'
import { bodyOf } from '../api/client.js'
import { ExitCode } from '../errors.js'
import type { AnswerHeaders } from '../http/answer-headers.js'
import { isRecord, ResponseError, type Operation } from '../http/errors.js'
import { readUpTo } from '../http/read-body.js'
import { showServerText } from '../http/server-text.js'
import { attempt, fail, isAbsent, note, pass, skipped, type Check, type Outcome } from './check.js'

/** Longest answer to a first request that is looked at, in bytes. */
const MAX_FIRST_ANSWER_BYTES = 16 * 1024
/** All statuses that are not success: a first request wants to see whatever comes. */
const OTHER_STATUSES = Array.from({ length: 300 }, (_, index) => 300 + index)
/** A clock may be off by this much before times of the server, such as ages of files, are read wrongly. */
const MAX_SKEW_SECONDS = 30

export interface FirstAnswer {
  /** As the server's clock has it; undefined when it does not say. */
  readonly serverDate: string | null
  /** When the request left and its answer came. */
  readonly sentMs: number
  readonly answeredMs: number
}

/** Whether something answers at the address, and whether it is Bailo's API or a page of something in front of it. */
export async function checkReachable(instance: Instance): Promise<Outcome<FirstAnswer>> {
  const id = 'reachable'
  const operation: Operation = { method: 'GET', path: '/api/v2/system/status' }
  return attempt(id, () => {
    const sentMs = Date.now()
    return instance.connection.send<Outcome<FirstAnswer>>(
      operation,
      { url: operation.path, isRepeatable: true, accept: OTHER_STATUSES },
      async ({ status, headers, body }) => {
        const text = (await readUpTo(body, MAX_FIRST_ANSWER_BYTES)).bytes.toString('utf8')
        const problem = describeStranger(status, headers, text)
        if (problem !== undefined) return { check: problem, exitCode: ExitCode.Unreachable }
        const answeredMs = Date.now()
        const value = { serverDate: headers.get('date'), sentMs, answeredMs }
        return { check: pass(id, `Bailo's API answers, in ${answeredMs - sentMs} ms`), value }
      },
    )
  })
}

/** What is wrong with a first answer; undefined for one that Bailo could have given, also to a caller without keys. */
function describeStranger(status: number, headers: AnswerHeaders, text: string): Check | undefined {
  const id = 'reachable'
  const location = headers.get('location')
  const type = headers.get('content-type') ?? ''
  if (status < 400 && location !== null) {
    return fail(
      id,
      `a redirect to ${showServerText(location)} answers (${status})`,
      'set URL to the address that the redirect leads to, if that is your Bailo',
    )
  }
  if (type.includes('html')) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]
    return fail(
      id,
      `an HTML page answers (${status}${title === undefined ? '' : `, ${showServerText(title.trim())}`}): a proxy, a login page or another service`,
      'set URL to the origin of Bailo itself; a proxy in front of it must let /api through',
    )
  }
  if (status >= 500) return fail(id, `it answers ${status}: ${showServerText(text.trim() || 'nothing')}`, 'later again')
  if (type.includes('json')) return undefined
  return fail(
    id,
    `something that is not Bailo's API answers (${status}, ${showServerText(type || 'no type')})`,
    'check URL',
  )
}

/** How far this machine's clock and the server's are apart; the Date header (RFC 9110) has whole seconds. */
export function checkClock({ serverDate, sentMs, answeredMs }: FirstAnswer): Check {
  const id = 'clock'
  const serverMs = Date.parse(serverDate ?? '')
  if (Number.isNaN(serverMs)) return note(id, 'the server does not say what time it is')
  const earliestMs = serverMs - answeredMs
  const latestMs = serverMs + 999 - sentMs
  const skewSeconds = Math.round((earliestMs > 0 ? earliestMs : latestMs < 0 ? latestMs : 0) / 1000)
  if (Math.abs(skewSeconds) <= MAX_SKEW_SECONDS) return pass(id, `as here, within ${Math.abs(skewSeconds) + 1} s`)
  return fail(
    id,
    `the server's clock is ${Math.abs(skewSeconds)} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} this machine's`,
    'set the clock that is wrong: ages of files, and the times of tokens and certificates, are read by it',
  )
}

const SPECIFICATION = '/api/v2/api-docs/swagger.json'
const OLD_SPECIFICATION = '/api/v2/specification'
const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options'])

/** Which specification the instance serves of itself. `openapi lint` compares it with what this tool relies on. */
export async function checkSpecification(instance: Instance): Promise<Check> {
  const id = 'specification'
  const { check } = await attempt(id, async () => {
    const document = await readSpecification(instance)
    const { version, operations } = describeSpecification(document)
    if (operations > 0) return { check: pass(id, `API v2, version ${version}, ${operations} operations`) }
    return { check: fail(id, 'what the instance serves as its specification is none', 'check URL') }
  })
  return isAbsent(check) ? note(id, 'the instance serves none; openapi lint needs one from a file') : check
}

async function readSpecification(instance: Instance): Promise<unknown> {
  try {
    return await bodyOf<unknown>(instance.json.GET(SPECIFICATION, {}))
  } catch (error) {
    // Instances before May 2026 have it elsewhere (observed).
    if (!(error instanceof ResponseError) || error.status !== 404) throw error
    return await bodyOf<unknown>(instance.json.GET(OLD_SPECIFICATION, {}))
  }
}

function describeSpecification(document: unknown): { version: string; operations: number } {
  const { info, paths } = isRecord(document) ? document : {}
  const version = isRecord(info) && typeof info['version'] === 'string' ? showServerText(info['version']) : 'unknown'
  const items = isRecord(paths) ? Object.values(paths).filter(isRecord) : []
  const operations = items.flatMap((item) => Object.keys(item).filter((key) => METHODS.has(key)))
  return { version, operations: operations.length }
}

/** The checks that make no sense once the first has failed. */
export function skipAll(ids: readonly string[], reason: string): Check[] {
  return ids.map((id) => skipped(id, reason))
}

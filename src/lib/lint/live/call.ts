import type { ConnectSettings } from '../../config/settings.js'
import type { Connection } from '../../http/connection.js'
import { readUpTo } from '../../http/read-body.js'
import type { LiveSummary } from '../report.js'
import type { SpecificationDocument } from '../specification/document.js'
import { jsonSchemaOf, successesOf, type Operation, type Response } from '../specification/operations.js'
import type { LoadedDocument } from '../specification/parse.js'
import { findIds, type Ids } from './ids.js'
import type { Mismatch } from './mismatch.js'
import { Validator } from './validate.js'

export interface LiveAnswers {
  readonly mismatches: readonly Mismatch[]
  readonly summary: LiveSummary
}

export interface CallOptions {
  readonly userAgent: string
  readonly maxRequests: number
}

/** An operation is called for so many objects at most: the second model may have what the first one lacks. */
const MAX_CALLS_PER_OPERATION = 3

/** Largest answer that is checked, in bytes. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024

/** Statuses that are read. The others are of the way to the instance, and end the check or are tried again. */
const READ = Array.from({ length: 200 }, (_, index) => 400 + index).filter(
  (status) => ![401, 407, 408, 425, 429, 502, 503, 504].includes(status),
)

/** What was found out of one operation. */
interface Attempt {
  readonly operation: Operation
  readonly urls: Set<string>
  /** Why it was not called, or its answer not checked. */
  reason: string
  isChecked: boolean
}

/**
 * Calls every GET operation that needs no more than ids which the answers of others hold, and checks what is answered.
 *
 * @throws ResponseError when the instance refuses the keys, ConnectionError when it does not answer
 */
export async function callInstance(
  specifications: readonly LoadedDocument[],
  settings: ConnectSettings,
  { userAgent, maxRequests }: CallOptions,
): Promise<LiveAnswers> {
  const { Connection } = await import('../../http/connection.js')
  const { origin, credentials, trustedCertificates } = settings
  const connection = new Connection({ origin, credentials, trustedCertificates, userAgent })
  const caller = new Caller(connection, specifications, maxRequests)
  try {
    await caller.callAll()
  } finally {
    await connection.destroy()
  }
  return caller.conclude()
}

class Caller {
  readonly #connection: Connection
  readonly #maxRequests: number
  readonly #validators: ReadonlyMap<SpecificationDocument, Validator>
  readonly #attempts: readonly Attempt[]
  readonly #ids: Ids[] = [new Map()]
  readonly #mismatches: Mismatch[] = []
  #requests = 0

  constructor(connection: Connection, specifications: readonly LoadedDocument[], maxRequests: number) {
    this.#connection = connection
    this.#maxRequests = maxRequests
    this.#validators = new Map(specifications.map(({ document }) => [document, new Validator(document)]))
    // Those with fewer parameters come first, because their answers hold what the others need.
    this.#attempts = specifications
      .flatMap(({ operations }) => operations)
      .filter(({ method }) => method === 'GET')
      .sort((left, right) => variablesOf(left).length - variablesOf(right).length)
      .map((operation) => ({ operation, urls: new Set(), reason: '', isChecked: false }))
  }

  /** In rounds, so that every operation has had its turn before one is called for a second object. */
  async callAll(): Promise<void> {
    for (let round = 0; round < MAX_CALLS_PER_OPERATION; round++) {
      for (const attempt of this.#attempts) await this.#callNext(attempt)
    }
  }

  conclude(): LiveAnswers {
    const notCalled = this.#attempts
      .filter(({ isChecked }) => !isChecked)
      .map(({ operation, reason }) => ({ path: operation.path, reason }))
    const called = this.#attempts.length - notCalled.length
    return { mismatches: this.#mismatches, summary: { called, requests: this.#requests, notCalled } }
  }

  async #callNext(attempt: Attempt): Promise<void> {
    const { operation, urls } = attempt
    const obstacle = findObstacle(operation)
    if (obstacle !== undefined) {
      attempt.reason = obstacle
      return
    }
    const variables = variablesOf(operation)
    const ids = this.#ids.find((one) => variables.every((name) => one.has(name)) && !urls.has(fillIn(operation, one)))
    if (ids === undefined) {
      if (urls.size === 0) attempt.reason = `nothing was found on the instance for {${variables.join('}, {')}}`
    } else if (this.#requests >= this.#maxRequests) {
      if (urls.size === 0) attempt.reason = `the limit of ${this.#maxRequests} requests was reached before`
    } else {
      const url = fillIn(operation, ids)
      urls.add(url)
      await this.#call(attempt, url, ids)
    }
  }

  async #call(attempt: Attempt, url: string, ids: Ids): Promise<void> {
    const { operation } = attempt
    this.#requests++
    const answer = await this.#connection.send(
      { method: 'GET', path: operation.path },
      { url, headers: { ...this.#connection.authorization() }, isRepeatable: true, accept: READ },
      async ({ status, headers, body }) => ({
        status,
        type: headers.get('content-type') ?? '',
        ...(await readUpTo(body, MAX_ANSWER_BYTES)),
      }),
    )
    const { status, type, bytes, isWhole } = answer
    const response = findResponse(operation, status)
    const report = (pointer: string, problem: string): void => {
      attempt.isChecked = true
      this.#mismatches.push({ operation, url, pointer, problem })
    }
    if (response === undefined) {
      // The id may be gone by now, or the keys may not be good for it; neither is the specification's fault.
      if (status === 403 || status === 404) attempt.reason = `the instance answers ${status}`
      else report('', `has the status ${status}, which the specification does not have`)
      return
    }
    if (!isWhole) {
      attempt.reason = `the answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`
      return
    }
    const schema = jsonSchemaOf(response.content)
    if (schema === undefined) {
      attempt.isChecked = true
      return
    }
    const value = parseJson(bytes.toString('utf8'))
    if (value === undefined) {
      report('', `is not JSON, but ${type === '' ? 'of no content type' : type}`)
      return
    }
    const problems = this.#validators.get(operation.document)?.check(schema, value)
    if (problems === undefined) attempt.reason = 'the schema of its answer cannot be used'
    else attempt.isChecked = true
    for (const { pointer, problem } of problems ?? []) report(pointer, problem)
    if (status < 300) this.#ids.push(...findIds(value, ids))
  }
}

function variablesOf({ path }: Operation): string[] {
  return [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '')
}

function fillIn({ path }: Operation, ids: Ids): string {
  return path.replace(/\{([^{}]*)\}/g, (_whole, name: string) => encodeURIComponent(ids.get(name) ?? ''))
}

/** Why an operation is not called whatever is found on the instance. */
function findObstacle(operation: Operation): string | undefined {
  const needed = operation.parameters.filter(({ place, isRequired }) => place !== 'path' && isRequired)
  if (needed.length > 0)
    return `it needs ${needed.map(({ place, name }) => `the ${place} parameter "${name}"`).join(', ')}`
  const successes = successesOf(operation)
  if (successes.length === 0) return 'no answer for success is described'
  if (successes.every(({ content }) => jsonSchemaOf(content) === undefined))
    return 'its answer is not described as JSON'
  return undefined
}

function findResponse({ responses }: Operation, status: number): Response | undefined {
  const names = [String(status), `${Math.floor(status / 100)}XX`, 'DEFAULT']
  return names.map((name) => responses.find((one) => one.status.toUpperCase() === name)).find(Boolean)
}

/** Undefined for what is no JSON, which has no such value. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { basicAuth, type Instance } from '../commands/read-instance.js'

/** How often a rule was asked, and how often its time had come. */
export interface RuleCounts {
  readonly rule: string
  readonly calls: number
  readonly hits: number
}

export interface RequestCounts {
  readonly total: number
  /** Requests whose method is none of GET, HEAD and OPTIONS. */
  readonly changing: number
  /** By method and route, for instance `POST /api/v2/model/{modelId}/releases` or `PATCH /v2/{repository}/blobs/uploads/{uploadId}`. */
  readonly routes: Readonly<Record<string, number>>
}

/** Replaces the faults of a running sandbox, such as `release-create x3 status=503`; see `bailo-exp sandbox --help`. */
export async function setFaults(instance: Instance, rules: readonly string[]): Promise<readonly RuleCounts[]> {
  return (await callSandbox<{ rules: RuleCounts[] }>(instance, 'PUT', 'faults', { rules })).rules
}

/** Returns the rules of a running sandbox with their counts, in the order in which they were set. */
export async function readFaults(instance: Instance): Promise<readonly RuleCounts[]> {
  return (await callSandbox<{ rules: RuleCounts[] }>(instance, 'GET', 'faults')).rules
}

export async function clearFaults(instance: Instance): Promise<void> {
  await callSandbox(instance, 'DELETE', 'faults')
}

/** Counts what a running sandbox was asked, since its start or since {@link forgetRequests}; faulty requests included. */
export async function countRequests(instance: Instance): Promise<RequestCounts> {
  return callSandbox<RequestCounts>(instance, 'GET', 'requests')
}

/** Starts the count of a running sandbox anew. */
export async function forgetRequests(instance: Instance): Promise<void> {
  await callSandbox(instance, 'DELETE', 'requests')
}

async function callSandbox<T>(instance: Instance, method: string, topic: string, body?: unknown): Promise<T> {
  const response = await fetch(`${instance.url}/_sandbox/${topic}`, {
    method,
    headers: { authorization: basicAuth(instance), 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${method} ${topic} answered ${response.status}: ${text}`)
  return JSON.parse(text) as T
}

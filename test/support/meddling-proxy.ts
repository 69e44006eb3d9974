import { setTimeout as sleep } from 'node:timers/promises'
import { json, startServer, type ReceivedRequest, type ScriptedServer } from './scripted-server.js'

/** An answer with its body as a value, to be changed. */
export interface JsonAnswer {
  readonly status: number
  readonly body: unknown
}

/**
 * Starts a proxy in front of a real server that passes on JSON requests, and what a test makes of the answers. It is
 * stopped at the end of the running test.
 *
 * @param meddle returns the answer to send instead, or undefined to pass the one that came
 * @param refuse returns the answer to a request that is not to be passed on
 */
export async function startMeddlingProxy(
  targetOrigin: string,
  meddle: (request: ReceivedRequest, answer: JsonAnswer) => JsonAnswer | undefined | Promise<JsonAnswer | undefined>,
  refuse: (request: ReceivedRequest) => JsonAnswer | undefined = () => undefined,
): Promise<ScriptedServer> {
  return startServer(async (request) => {
    const { method, url, headers } = request
    while (request.body.length < Number(headers['content-length'] ?? 0)) await sleep(1)
    const refusal = refuse(request)
    if (refusal !== undefined) return json(refusal.body, refusal.status)
    const response = await fetch(targetOrigin + url, {
      method,
      headers: {
        ...(headers.authorization && { authorization: headers.authorization }),
        ...(headers['content-type'] && { 'content-type': headers['content-type'] }),
      },
      ...(request.body.length > 0 && { body: request.body }),
    })
    const answer = { status: response.status, body: await response.json() }
    const { status, body } = (await meddle(request, answer)) ?? answer
    return json(body, status)
  })
}

import { RegistryClient } from '../../src/lib/registry/client.js'
import { openConnection } from './client.js'
import {
  json,
  startServer,
  type ReceivedRequest,
  type Reply,
  type Script,
  type ScriptedServer,
} from './scripted-server.js'

export const TOKEN_PATH = '/api/v1/registry_auth'

export interface ScriptedRegistry extends ScriptedServer {
  readonly client: RegistryClient
  /** Retries that the client has announced. */
  readonly retries: readonly Error[]
}

/** What a registry answers a client that comes without a token. */
export function challengeReply(realm: string): Reply {
  return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="RegistryAuth"` } }
}

/** Where a request stands in the token flow: the question how to sign in, the token, or what it is all for. */
export function kindOf({ url }: ReceivedRequest): 'ping' | 'token' | 'content' {
  if (url === '/v2/') return 'ping'
  return url.startsWith(TOKEN_PATH) ? 'token' : 'content'
}

/**
 * Starts a registry with the usual token flow, tokens being `token-1`, `token-2` and so on, and a client for it. Only
 * requests for content come to the script and are recorded.
 */
export async function startScriptedRegistry(script: Script | readonly Reply[]): Promise<ScriptedRegistry> {
  const requests: ReceivedRequest[] = []
  let tokens = 0
  const choose: Script = typeof script === 'function' ? script : (_request, index) => script[index] ?? { status: 418 }
  const server = await startServer((request) => {
    const kind = kindOf(request)
    if (kind === 'ping') return challengeReply(TOKEN_PATH)
    if (kind === 'token') return json({ token: `token-${++tokens}` })
    requests.push(request)
    return choose(request, requests.length - 1)
  })
  const retries: Error[] = []
  const connection = openConnection(server.origin, { onRetry: (failure) => void retries.push(failure) })
  return {
    origin: server.origin,
    port: server.port,
    requests,
    get lines() {
      return requests.map(({ method, url }) => `${method} ${url}`)
    },
    client: new RegistryClient(connection),
    retries,
  }
}

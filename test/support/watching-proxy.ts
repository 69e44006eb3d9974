import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface PassingRequest {
  /** Method and path, without the query. */
  readonly line: string
  readonly query: string
  /** Which one of this line it is, from 1 on. */
  readonly count: number
}

/** What happens before a request is passed on; a status answers it instead, with an error of Bailo's form. */
export type Watcher = (passing: PassingRequest) => Promise<number | void> | number | void

/**
 * Starts a proxy in front of a real server that lets a test act between two requests of a command. It is stopped at the
 * end of the test.
 *
 * @returns its origin
 */
export async function startWatchingProxy(targetOrigin: string, watch: Watcher): Promise<string> {
  const counts = new Map<string, number>()
  const server = createServer((incoming, outgoing) => {
    const [path = '', query = ''] = (incoming.url ?? '').split('?')
    const line = `${incoming.method ?? ''} ${path}`
    const count = (counts.get(line) ?? 0) + 1
    counts.set(line, count)
    const pass = async (): Promise<void> => {
      const status = await watch({ line, query, count })
      if (typeof status === 'number') {
        incoming.resume()
        outgoing.writeHead(status, { 'content-type': 'application/json' })
        outgoing.end(JSON.stringify({ error: { name: 'Bailo Error', message: 'Injected by the test', context: {} } }))
        return
      }
      const { method, url, headers } = incoming
      const onward = request(targetOrigin + (url ?? ''), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      onward.on('error', () => outgoing.destroy())
      outgoing.on('close', () => onward.destroy())
      incoming.pipe(onward)
    }
    pass().catch((error: unknown) => outgoing.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

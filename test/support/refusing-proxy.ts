import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * Starts a proxy in front of a real server that answers some requests itself, with a status that no client tries again. It
 * is stopped at the end of the test.
 *
 * @param refuses whether a request is answered with 400, by its method and path with the query; the request waits for it
 * @returns the proxy's origin
 */
export async function startRefusingProxy(
  targetOrigin: string,
  refuses: (method: string, path: string) => boolean | Promise<boolean>,
): Promise<string> {
  const { hostname, port } = new URL(targetOrigin)
  const refuse = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    incoming.resume().on('end', () => {
      outgoing.writeHead(400, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify({ error: { name: 'Bad Request', message: 'Refused by the test.', context: {} } }))
    })
  }
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url: path, headers } = incoming
    const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  }
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming
    void Promise.resolve(refuses(method, url)).then((isRefused) => (isRefused ? refuse : forward)(incoming, outgoing))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface CuttingProxy {
  readonly origin: string
  /** Resets the connection that brings the next request whose head begins so, once as many of its bytes have passed. */
  cutRequest(head: string, afterBytes: number): void
  /** Lets the next request whose head begins so pass, and resets the connection when the answer to it comes. */
  cutAnswer(head: string): void
  /** How many connections have been reset. */
  readonly cuts: number
  /** Method and path of each request, without the query, in order of arrival. */
  readonly lines: readonly string[]
}

interface Cut {
  readonly head: string
  /** Undefined for a cut at the answer. */
  readonly afterBytes: number | undefined
}

/** Starts a proxy in front of a real server that breaks connections on demand. It is stopped at the end of the test. */
export async function startCuttingProxy(targetOrigin: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(targetOrigin)
  const planned: Cut[] = []
  const sockets = new Set<Socket>()
  const lines: string[] = []
  let cuts = 0
  const server = createServer((client) => {
    const target = connect(Number(port), hostname)
    let cut: Cut | undefined
    let passedBytes = 0
    const reset = (): void => {
      cuts++
      client.resetAndDestroy()
      target.destroy()
    }
    client.on('data', (chunk) => {
      const head = chunk.toString('latin1', 0, 4096)
      const line = /^([A-Z]+ [^ ?]+)[^ ]* HTTP\/1\.1\r\n/.exec(head)?.[1]
      if (line !== undefined) lines.push(line)
      if (cut === undefined) {
        const index = planned.findIndex((plan) => head.startsWith(plan.head))
        if (index >= 0) [cut] = planned.splice(index, 1)
        passedBytes = 0
      }
      const restBytes = cut?.afterBytes === undefined ? Infinity : cut.afterBytes - passedBytes
      passedBytes += chunk.length
      if (chunk.length < restBytes) {
        target.write(chunk)
        return
      }
      client.pause()
      // What is passed must have left before the connection goes.
      target.write(chunk.subarray(0, restBytes), reset)
    })
    target.on('data', (chunk) => {
      if (cut !== undefined && cut.afterBytes === undefined) reset()
      else client.write(chunk)
    })
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutRequest: (head, afterBytes) => void planned.push({ head, afterBytes }),
    cutAnswer: (head) => void planned.push({ head, afterBytes: undefined }),
    get cuts() {
      return cuts
    },
    lines,
  }
}

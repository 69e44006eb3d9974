import http, { type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'

export interface Exchange {
  /** Undefined when the connection ended before an answer began. */
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  /** What came of the body. */
  readonly body: Buffer
  /** True for an answer that is whole by its own account. */
  readonly isComplete: boolean
  /** How the connection failed, for instance `ECONNRESET`; undefined when it did not. */
  readonly failure: string | undefined
  /** From sending the request to the head of the answer, or to the failure. */
  readonly waitMs: number
  /** From sending the request to the end. */
  readonly totalMs: number
}

export interface RawRequest {
  readonly method?: string
  readonly headers?: Record<string, string | number>
  readonly body?: string | Buffer | Readable | undefined
  /** Default: a connection of its own, which the client does not keep. */
  readonly agent?: http.Agent
}

/** Sends one request by Node's own HTTP, and tells what came of it, also when the connection broke. */
export function exchange(
  url: string,
  { method = 'GET', headers = {}, body, agent }: RawRequest = {},
): Promise<Exchange> {
  const startMs = performance.now()
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    let answer: http.IncomingMessage | undefined
    let waitMs: number | undefined
    const finish = (failure?: NodeJS.ErrnoException): void => {
      const totalMs = performance.now() - startMs
      resolve({
        status: answer?.statusCode,
        headers: answer?.headers ?? {},
        body: Buffer.concat(chunks),
        isComplete: answer?.complete ?? false,
        failure: failure?.code,
        waitMs: waitMs ?? totalMs,
        totalMs,
      })
    }
    const request = http.request(url, { method, headers, agent: agent ?? false }, (response) => {
      answer = response
      waitMs = performance.now() - startMs
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => finish())
      response.on('error', finish)
    })
    request.on('error', finish)
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) request.end(body)
    else body.pipe(request)
  })
}

/** Writes bytes to a connection of its own, and returns all that comes until it ends or fails. */
export function talk(
  url: string,
  bytes: string,
): Promise<{ readonly received: string; readonly failure: string | undefined }> {
  const { hostname, port } = new URL(url)
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let failure: string | undefined
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (failure = code))
    socket.on('close', () => resolve({ received: Buffer.concat(chunks).toString('latin1'), failure }))
    socket.write(bytes)
  })
}

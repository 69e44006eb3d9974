import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a server got of one request. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The bytes that have arrived until now. */
  readonly body: Buffer
  /** Resolves when the connection ends before the request has been answered. */
  readonly brokenOff: Promise<void>
}

export interface ScriptedAnswer {
  /** Default: 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
  /** Resets the connection after so many bytes of the body. */
  readonly cutAfterBytes?: number
}

/** An answer, or what happens instead of one. Unless a reset says when, the request is read to its end first. */
export type Reply = ScriptedAnswer | { readonly resetAfterReceiving: number } | 'reset' | 'silence'

/** Decides on a reply when the head of a request has arrived. */
export type Script = (request: ReceivedRequest, index: number) => Reply | Promise<Reply>

export interface ScriptedServer {
  readonly origin: string
  readonly port: number
  /** In order of arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** Method and URL of each request, for comparing sequences. */
  readonly lines: readonly string[]
}

/**
 * Starts a server on a free port that replies as it is told and records what it gets. It is stopped at the end of the
 * running test.
 *
 * @param script a function, or the replies in order; requests beyond them are answered 418, which no client repeats
 */
export async function startServer(script: Script | readonly Reply[]): Promise<ScriptedServer> {
  const choose: Script =
    typeof script === 'function' ? script : (_request, index) => script[index] ?? { status: 418, body: 'not scripted' }
  const requests: ReceivedRequest[] = []
  const server = createServer((message, response) => {
    const received = record(message, response)
    requests.push(received)
    void Promise.resolve(choose(received, requests.length - 1)).then((reply) => carryOut(reply, message, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    get lines() {
      return requests.map(({ method, url }) => `${method} ${url}`)
    },
  }
}

/** An answer of Bailo. */
export function json(value: unknown, status = 200): ScriptedAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}

/** Bailo's answer to a request that it refuses. */
export function bailoError(status: number, message: string, context?: unknown): ScriptedAnswer {
  return json({ error: { name: 'Bailo Error', message, context } }, status)
}

function record(message: IncomingMessage, response: ServerResponse): ReceivedRequest {
  const chunks: Buffer[] = []
  message.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A client that breaks off is what some tests are about.
  message.on('error', () => undefined)
  const { method = '', url = '', headers } = message
  return {
    method,
    url,
    headers,
    get body() {
      return Buffer.concat(chunks)
    },
    brokenOff: new Promise((resolve) =>
      response.once('close', () => {
        if (!response.writableFinished) resolve()
      }),
    ),
  }
}

async function carryOut(reply: Reply, message: IncomingMessage, response: ServerResponse): Promise<void> {
  if (reply === 'silence') return
  if (typeof reply === 'object' && 'resetAfterReceiving' in reply) {
    let missingBytes = reply.resetAfterReceiving
    message.on('data', (chunk: Buffer) => {
      missingBytes -= chunk.length
      if (missingBytes <= 0) message.socket.resetAndDestroy()
    })
    return
  }
  if (!message.complete) await new Promise((resolve) => message.once('end', resolve))
  if (reply === 'reset') message.socket.resetAndDestroy()
  else send(reply, message, response)
}

function send(answer: ScriptedAnswer, message: IncomingMessage, response: ServerResponse): void {
  const { status = 200, headers = {}, body = '', cutAfterBytes } = answer
  const bytes = Buffer.from(body)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.statusCode = status
  if (cutAfterBytes === undefined) {
    response.end(bytes)
    return
  }
  response.setHeader('content-length', bytes.length)
  response.write(bytes.subarray(0, cutAfterBytes), () => message.socket.resetAndDestroy())
  // Without this an empty first part would wait for the second.
  response.flushHeaders()
}

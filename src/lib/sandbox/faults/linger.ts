import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'

/**
 * Returns the body of an answer that is given before the request has been read, in a form that is sent at once but ends only
 * when the rest of the request is in. A connection that is closed on a client which still sends is reset, and may take
 * the answer with it (RFC 9112, section 9.6, which asks servers to linger).
 */
export function linger(reply: FastifyReply, body = ''): string | Readable | undefined {
  const { 'content-length': lengthHeader = '0', 'transfer-encoding': encoding } = reply.request.headers
  if (Number(lengthHeader) === 0 && encoding === undefined) return body === '' ? undefined : body
  reply.header('content-length', Buffer.byteLength(body))
  return Readable.from(sendAndRead(reply, Buffer.from(body)), { objectMode: false })
}

async function* sendAndRead({ raw, request }: FastifyReply, body: Buffer): AsyncGenerator<Buffer> {
  if (body.length > 0) yield body
  else raw.flushHeaders()
  request.raw.resume()
  // A client that goes away meanwhile has had its answer.
  await finished(request.raw, { writable: false }).catch(() => undefined)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Pauses } from '../pauses.js'
import type { Fault } from './engine.js'
import { prepareErrorAnswer } from './error-answer.js'
import { limitBytes, pace, readPayload, type Payload } from './payload.js'
import type { Outcome } from './rule.js'

interface Sending {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** As the framework has it before it is sent. */
  readonly payload: unknown
  readonly pauses: Pauses
}

/** How often to look whether the last bytes before a reset have left. */
const LOOK_INTERVAL_MS = 10

/** Does to an answer what the fault says, and returns what is to be sent; after an end of the connection, nothing. */
export async function alterAnswer(fault: Fault, sending: Sending): Promise<unknown> {
  const { request, reply, payload, pauses } = sending
  const { socket } = request.raw
  const { outcome, holdMs, rule = '' } = fault
  if (!(await pauses.wait(holdMs))) return abandon(payload, reply, () => socket.destroy())
  if (outcome?.kind === 'lost') {
    if (outcome.answer === undefined) return abandon(payload, reply, () => socket.destroy())
    discard(payload)
    return prepareErrorAnswer(outcome.answer, reply, rule)
  }
  // A route that answers without having read so much is too late.
  if (outcome?.kind === 'reset-request' && !fault.isMissed) {
    return abandon(payload, reply, () => socket.resetAndDestroy())
  }
  return alterBody(fault, sending)
}

function abandon(payload: unknown, reply: FastifyReply, endConnection: () => void): string {
  discard(payload)
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  endConnection()
  return ''
}

function discard(payload: unknown): void {
  if (payload instanceof Readable) payload.destroy()
}

/** Cuts and slows the body. The head says the length that it would have had, except where that is what goes wrong. */
function alterBody(fault: Fault, sending: Sending): unknown {
  const { reply, payload, pauses } = sending
  if (!hasBody(sending)) return endAfterHead(fault, sending)
  const body = readPayload(reply, payload)
  const cut = cutBody(fault, body, reply)
  const rate = fault.trickleBytesPerSecond
  if (cut === undefined && rate === undefined) return payload
  if (body.sizeBytes !== undefined && cut?.declaredBytes !== null) {
    reply.header('content-length', cut?.declaredBytes ?? body.sizeBytes)
  }
  const limited = cut?.keptBytes === undefined ? body.chunks : limitBytes(body.chunks, cut.keptBytes)
  const chunks = rate === undefined ? limited : pace(limited, rate, pauses)
  const stream: Readable = Readable.from(cut?.isReset ? resetAtEnd(chunks, reply, () => stream) : chunks, {
    objectMode: false,
    highWaterMark: 1,
  })
  return stream
}

/** HEAD has none, and some statuses have none (RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5). */
function hasBody({ request, reply }: Sending): boolean {
  return request.method !== 'HEAD' && reply.statusCode !== 204 && reply.statusCode !== 304
}

function endAfterHead(fault: Fault, { request, reply, payload }: Sending): unknown {
  if (fault.outcome?.kind === 'reset-response' && fault.outcome.afterBytes === 0) {
    const reset = async (): Promise<void> => {
      await sleep(LOOK_INTERVAL_MS)
      request.raw.socket.resetAndDestroy()
    }
    reply.raw.once('finish', () => void reset())
  } else if (fault.outcome !== undefined && describeCut(fault.outcome, { sizeBytes: 0 }) !== undefined) {
    fault.miss()
  }
  return payload
}

interface Cut {
  /** Undefined: everything. */
  readonly keptBytes?: number
  /** For the head; null when it is to say nothing. Undefined: the true length. */
  readonly declaredBytes?: number | null
  /** True when the connection is reset at the end. */
  readonly isReset?: boolean
}

/** Says how the outcome cuts a body; undefined when it does not. */
function cutBody(fault: Fault, body: Payload, reply: FastifyReply): Cut | undefined {
  const cut = fault.outcome && describeCut(fault.outcome, body)
  if (cut === 'nothing to cut') {
    fault.miss()
    return undefined
  }
  if (cut?.declaredBytes === null) endWithConnection(reply)
  // The missing bytes never come: nothing else may follow on the connection.
  if ((cut?.declaredBytes ?? 0) > (body.sizeBytes ?? 0)) reply.header('connection', 'close')
  return cut
}

function describeCut(outcome: Outcome, { sizeBytes }: Pick<Payload, 'sizeBytes'>): Cut | 'nothing to cut' | undefined {
  switch (outcome.kind) {
    case 'reset-response': {
      const { afterBytes } = outcome
      return (sizeBytes ?? Infinity) < afterBytes ? 'nothing to cut' : { keptBytes: afterBytes, isReset: true }
    }
    case 'truncate': {
      const keptBytes = outcome.keptBytes ?? (sizeBytes === undefined ? Infinity : Math.floor(sizeBytes / 2))
      return keptBytes >= (sizeBytes ?? Infinity) ? 'nothing to cut' : { keptBytes, declaredBytes: null }
    }
    case 'wrong-length': {
      const { differenceBytes } = outcome
      if (sizeBytes === undefined || sizeBytes + differenceBytes < 0) return 'nothing to cut'
      return { declaredBytes: sizeBytes + differenceBytes }
    }
    case 'answer':
    case 'lost':
    case 'reset-request':
    case 'forget-offset':
    case 'expire-token':
      return undefined
  }
}

/** A message without a length ends with its connection (RFC 9112, section 6.3). */
function endWithConnection(reply: FastifyReply): void {
  reply.removeHeader('content-length').header('connection', 'close')
  reply.raw.useChunkedEncodingByDefault = false
}

/** Resets the connection when all that came before has been handed to the network. */
async function* resetAtEnd(chunks: AsyncIterable<Uint8Array>, { raw, request }: FastifyReply, own: () => Readable) {
  yield* chunks
  const { socket } = request.raw
  do {
    await sleep(LOOK_INTERVAL_MS)
    // Without a body nothing has made it leave.
    if (!raw.headersSent) raw.flushHeaders()
  } while (!socket.destroyed && (own().readableLength > 0 || raw.writableLength > 0))
  await sleep(LOOK_INTERVAL_MS)
  socket.resetAndDestroy()
}

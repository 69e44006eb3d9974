import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { Pauses } from '../pauses.js'
import { describeCut, type Cut } from './cut.js'
import type { Fault } from './engine.js'
import { prepareErrorAnswer } from './error-answer.js'
import { limitBytes, pace, readPayload } from './payload.js'

/** How often to look whether the last bytes before a reset have left. */
const LOOK_INTERVAL_MS = 10

/**
 * Does to an answer what the fault says. Length and other headers are changed as well.
 *
 * @param payload the body as the framework has it before it is sent
 * @returns what is to be sent instead; nothing when the connection has been ended
 */
export async function alterAnswer(
  fault: Fault,
  reply: FastifyReply,
  payload: unknown,
  pauses: Pauses,
): Promise<unknown> {
  const { outcome, holdMs, rule = '' } = fault
  const { socket } = reply.request.raw
  if (!(await pauses.wait(holdMs))) return abandon(reply, payload, () => socket.destroy())
  if (outcome?.kind === 'lost') {
    if (outcome.answer === undefined) return abandon(reply, payload, () => socket.destroy())
    discard(payload)
    return alterBody(fault, reply, prepareErrorAnswer(outcome.answer, reply, rule), pauses)
  }
  // A route that answers without having read so much is too late.
  if (outcome?.kind === 'reset-request' && !fault.isMissed) {
    return abandon(reply, payload, () => socket.resetAndDestroy())
  }
  return alterBody(fault, reply, payload, pauses)
}

function abandon(reply: FastifyReply, payload: unknown, endConnection: () => void): string {
  discard(payload)
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  endConnection()
  return ''
}

function discard(payload: unknown): void {
  if (payload instanceof Readable) payload.destroy()
}

/** Cuts and slows the body. The head says the length that it would have had, except where that is what goes wrong. */
function alterBody(fault: Fault, reply: FastifyReply, payload: unknown, pauses: Pauses): unknown {
  if (!hasBody(reply)) return endAfterHead(fault, reply, payload)
  const { chunks, sizeBytes } = readPayload(reply, payload)
  const cut = cutBody(fault, sizeBytes)
  const rate = fault.trickleBytesPerSecond
  if (cut === undefined && rate === undefined) return payload
  declareLength(reply, sizeBytes, cut?.declaredBytes)
  const kept = cut?.keptBytes === undefined ? chunks : limitBytes(chunks, cut.keptBytes)
  const paced = rate === undefined ? kept : pace(kept, rate, pauses)
  const stream: Readable = Readable.from(cut?.isReset ? resetAtEnd(paced, reply, () => stream) : paced, {
    objectMode: false,
    highWaterMark: 1,
  })
  return stream
}

function cutBody(fault: Fault, sizeBytes: number | undefined): Cut | undefined {
  const cut = fault.outcome && describeCut(fault.outcome, sizeBytes)
  if (cut !== 'nothing to cut') return cut
  fault.miss()
  return undefined
}

/** @param declaredBytes null for none, undefined for the true length */
function declareLength(reply: FastifyReply, sizeBytes: number | undefined, declaredBytes?: number | null): void {
  if (declaredBytes === null) {
    // A message without a length ends with its connection (RFC 9112, section 6.3).
    reply.removeHeader('content-length').header('connection', 'close')
    reply.raw.useChunkedEncodingByDefault = false
    return
  }
  if (sizeBytes === undefined) return
  reply.header('content-length', declaredBytes ?? sizeBytes)
  // The missing bytes never come: nothing else may follow on the connection.
  if ((declaredBytes ?? 0) > sizeBytes) reply.header('connection', 'close')
}

/** HEAD has none, and some statuses have none (RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5). */
function hasBody({ request, statusCode }: FastifyReply): boolean {
  return request.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304
}

function endAfterHead(fault: Fault, reply: FastifyReply, payload: unknown): unknown {
  if (cutBody(fault, 0)?.isReset) {
    const reset = () => void sleep(LOOK_INTERVAL_MS).then(() => reply.request.raw.socket.resetAndDestroy())
    reply.raw.once('finish', reset)
  }
  return payload
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

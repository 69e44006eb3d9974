import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { isForControl } from './control-path.js'
import { BailoError, describeError, UnknownServerError } from './errors.js'
import { renderNotFoundPage, renderProxyErrorPage } from './html.js'
import { parseJsonBody } from './json-body.js'
import { describeRegistryRoute, isForRegistry } from './registry/index.js'
import type { RequestLog, ServedRequest } from './request-log.js'

/** The request line that the proxy in front of Bailo takes, its default: longer ones are 414 (observed at 9,000). */
const REQUEST_LINE_LIMIT_BYTES = 8192

const URI_TOO_LARGE = renderProxyErrorPage('414 Request-URI Too Large')

/** Longer than any part of a URL that fits in the request line. */
const PARAMETER_LIMIT_CHARACTERS = REQUEST_LINE_LIMIT_BYTES

/**
 * Makes an application without routes, with the server's manners: its errors, its limits, its pages.
 *
 * @param onServed is told of each request once it has ended, whatever became of it
 */
export function createApplication(log: RequestLog, onServed?: (request: ServedRequest) => void): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAMETER_LIMIT_CHARACTERS },
    clientErrorHandler: answerUnreadableRequest,
    frameworkErrors: (_error, request, reply) => void sendNotFound(request, reply),
  })
  logRequests(app, log)
  if (onServed !== undefined) tellServed(app, onServed)
  app.addHook('onRequest', async (request, reply) => {
    if (lengthOfRequestLine(request) <= REQUEST_LINE_LIMIT_BYTES) return
    await reply.code(414).header('content-type', 'text/html').send(URI_TOO_LARGE)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', (_request: FastifyRequest, body: IncomingMessage) => parseJsonBody(body))
  app.addContentTypeParser('*', (_request, body, done) => done(null, body))
  app.setErrorHandler(sendError)
  app.setNotFoundHandler(sendNotFound)
  return app
}

function logRequests(app: FastifyInstance, log: RequestLog): void {
  const setStatus = new WeakMap<FastifyRequest, (status: number) => void>()
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isForControl(request.url)) setStatus.set(request, log.add(request.method, request.url, routeOf(request)))
    done()
  })
  // Before the answer leaves, so that who has the answer also finds it in the log.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.socket.destroyed) setStatus.get(request)?.(reply.statusCode)
    done()
  })
}

function tellServed(app: FastifyInstance, onServed: (request: ServedRequest) => void): void {
  app.addHook('onRequest', (request, { raw }, done) => {
    const { method, url, socket } = request
    const [startedMs, bytesBefore] = [performance.now(), socket.bytesWritten]
    let isWhole = false
    // An answer also finishes on a connection that is gone.
    raw.once('finish', () => (isWhole = !socket.destroyed))
    raw.once('close', () => {
      if (isForControl(url)) return
      const status = socket.bytesWritten > bytesBefore ? raw.statusCode : undefined
      onServed({ method, path: url, status, isWhole, durationMs: performance.now() - startedMs })
    })
    done()
  })
}

/** The registry has one route for everything, which would tell little. */
function routeOf({ url, routeOptions }: FastifyRequest): string | undefined {
  return isForRegistry(url) ? describeRegistryRoute(url) : routeOptions.url
}

function lengthOfRequestLine({ method, url }: FastifyRequest): number {
  return Buffer.byteLength(`${method} ${url} HTTP/1.1\r\n`)
}

function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = error instanceof BailoError ? error : new UnknownServerError()
  if (isDefect(error, request)) {
    process.emitWarning(`The sandbox failed on ${request.method} ${request.url}: ${error.stack ?? error.message}`)
  }
  return reply.code(answer.status).send(describeError(answer))
}

/** A failure that is neither the server's known behaviour, nor the framework's refusal, nor a client that went away. */
function isDefect(error: FastifyError | Error, request: FastifyRequest): boolean {
  if (error instanceof BailoError || error instanceof UnknownServerError) return false
  const isRefusal = 'code' in error && error.code.startsWith('FST_')
  return !isRefusal && !request.socket.destroyed
}

function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/html; charset=utf-8').send(renderNotFoundPage(request.method, request.url))
}

/** Node itself refuses a request line of more than 16 KiB; the proxy would have refused it earlier. */
function answerUnreadableRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return
  const [status, page] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['414 Request-URI Too Large', URI_TOO_LARGE]
      : ['400 Bad Request', renderProxyErrorPage('400 Bad Request')]
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`,
  )
}

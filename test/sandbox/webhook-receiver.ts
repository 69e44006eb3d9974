import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Received {
  readonly method: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: { readonly event: string; readonly description: string } & Readonly<Record<string, unknown>>
}

/** A server on this machine that webhooks can be sent to. */
export class WebhookReceiver {
  readonly received: Received[] = []
  private readonly waiting: (() => void)[] = []
  private readonly server

  private constructor(
    tls: { key: string; cert: string } | undefined,
    private readonly status: number | 'never',
  ) {
    const listener: RequestListener = (request, response) => {
      void text(request).then((body) => {
        const { method, headers } = request
        this.received.push({ method, headers, body: JSON.parse(body) as Received['body'] })
        if (this.status !== 'never') response.writeHead(this.status).end()
        for (const resolve of this.waiting.splice(0)) resolve()
      })
    }
    this.server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  }

  /** @param status what it answers; `never` takes a request and answers nothing */
  static async start({
    tls,
    status = 200,
  }: { tls?: { key: string; cert: string }; status?: number | 'never' } = {}): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(tls, status)
    receiver.server.listen(0, '127.0.0.1')
    await once(receiver.server, 'listening')
    return receiver
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Waits until this many requests have come. */
  async wait(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve))
    return this.received
  }

  async close(): Promise<void> {
    this.server.close()
    this.server.closeAllConnections()
    await once(this.server, 'close')
  }
}

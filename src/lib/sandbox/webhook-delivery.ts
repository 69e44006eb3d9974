import { Agent, request } from 'undici'
import type { components } from '../../../openapi/bailo-v2.js'
import { isOnThisMachine } from './loopback.js'
import type { Entry, Webhook } from './state.js'

export type WebhookEvent = components['schemas']['WebhookEvent']

/** The server itself waits for as long as it takes; a sandbox should not, nor keep its process alive for it. */
const TIMEOUT_MS = 5000

/**
 * Sends an event to the webhooks of a model that are for it, in the background: it never fails, and what goes wrong becomes
 * a warning of the process. Only addresses of this machine are called, because a sandbox sends nothing to anybody; redirects
 * are not followed for the same reason.
 *
 * The request is that of the server, down to the media type, which its client sets for a text; and like there a webhook
 * that is not active is called as well (from Bailo's source).
 *
 * @param content what the event is about, by kind
 */
export function dispatchEvent(entry: Entry, event: WebhookEvent, description: string, content: object): void {
  const body = JSON.stringify({ event, description, ...content })
  for (const webhook of entry.webhooks.filter(({ events }) => events.includes(event))) {
    deliver({ ...webhook }, body).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      process.emitWarning(`The sandbox did not send ${event} to the webhook ${webhook.id}: ${reason}`)
    })
  }
}

async function deliver({ uri, token, insecureSSL }: Webhook, body: string): Promise<void> {
  if (!URL.canParse(uri)) throw new Error('its address cannot be read')
  if (!isOnThisMachine(uri)) throw new Error('its address is not of this machine')
  const dispatcher = new Agent({ connect: { rejectUnauthorized: !insecureSSL } })
  try {
    const answer = await request(uri, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain;charset=UTF-8',
        ...(token !== undefined && token !== '' && { authorization: `Bearer ${token}` }),
      },
      body,
      dispatcher,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.body.dump()
    if (answer.statusCode < 200 || answer.statusCode > 299) throw new Error(`it answered ${answer.statusCode}`)
  } finally {
    await dispatcher.destroy()
  }
}

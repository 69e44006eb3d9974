import { findEntry, requireAction } from '../access.js'
import { describeStored } from '../describe.js'
import { newSlugId } from '../ids.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Webhook } from '../state.js'

/** Webhooks are kept and listed, but never called: the sandbox sends nothing to anybody. */
export function addWebhookRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('post', '/api/v2/model/{modelId}/webhooks', ({ principal, params: { modelId }, body }) => {
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'model:write')
    const { name, uri, token, insecureSSL = false, events = [], active = true } = body
    const details = { id: newSlugId(name), name, uri, token, insecureSSL, events, active }
    const webhook = { ...state.newDocument(), ...details }
    entry.webhooks.push(webhook)
    return { webhook: describe(modelId, webhook) }
  })

  routes.add('get', '/api/v2/model/{modelId}/webhooks', ({ principal, params: { modelId } }) => {
    const { webhooks } = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'model:write')
    return { webhooks: webhooks.map((webhook) => describe(modelId, webhook)) }
  })
}

function describe(modelId: string, webhook: Webhook) {
  const { id, name, uri, token, insecureSSL, events, active } = webhook
  const details = { id, modelId, name, uri, ...(token !== undefined && { token }), insecureSSL, events, active }
  return { ...details, ...describeStored(webhook) }
}

import { findEntry } from '../access.js'
import { explainRefusal, type Principal } from '../auth.js'
import { describeStored } from '../describe.js'
import { forbidden, notFound } from '../errors.js'
import { newSlugId } from '../ids.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Entry, SandboxState, Webhook } from '../state.js'

/** Adds the webhooks of models. What they are sent, and when, is elsewhere. */
export function addWebhookRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('post', '/api/v2/model/{modelId}/webhooks', ({ principal, params: { modelId }, body }) => {
    const entry = findEntryToChange(state, principal, modelId)
    const { name, uri, token, insecureSSL = false, events = [], active = true } = body
    const details = { id: newSlugId(name), name, uri, token, insecureSSL, events, active }
    const webhook = { ...state.newDocument(), ...details }
    entry.webhooks.push(webhook)
    return { webhook: describe(modelId, webhook) }
  })

  routes.add('get', '/api/v2/model/{modelId}/webhooks', ({ principal, params: { modelId } }) => ({
    webhooks: findEntry(state, principal, modelId).webhooks.map((webhook) => describe(modelId, webhook)),
  }))

  routes.add('put', '/api/v2/model/{modelId}/webhook/{webhookId}', ({ principal, params, body }) => {
    const { modelId, webhookId } = params
    const entry = findEntryToChange(state, principal, modelId)
    // A webhook of another model is changed all the same, and becomes one of this model (from Bailo's source).
    const { owner, webhook } = findWebhook(state, webhookId)
    if (owner !== entry) entry.webhooks.push(removeFrom(owner, webhook))
    const { name, uri, token, insecureSSL = false, events, active } = body
    const optional = Object.entries({ token, events, active }).filter(([, value]) => value !== undefined)
    Object.assign(webhook, { name, uri, insecureSSL, ...Object.fromEntries(optional) })
    state.touch(webhook)
    return { webhook: describe(modelId, webhook) }
  })

  routes.add('delete', '/api/v2/model/{modelId}/webhook/{webhookId}', ({ principal, params }) => {
    findEntryToChange(state, principal, params.modelId)
    const { owner, webhook } = findWebhook(state, params.webhookId)
    removeFrom(owner, webhook)
    // That is what the server says (from Bailo's source).
    return { message: 'Successfully removed file.' }
  })
}

/** The reason of a refusal is not told (from Bailo's source). @throws BailoError 404 or 403 */
function findEntryToChange(state: SandboxState, principal: Principal, modelId: string): Entry {
  const entry = findEntry(state, principal, modelId)
  if (explainRefusal(principal, modelId, 'model:write', 'updateModel') === undefined) return entry
  throw forbidden('You do not have permission to update this model.', { userDn: principal.user })
}

/** Returns a webhook with its model, whichever that is. @throws BailoError 404 */
function findWebhook(state: SandboxState, webhookId: string): { owner: Entry; webhook: Webhook } {
  for (const owner of state.entries.values()) {
    const webhook = owner.webhooks.find(({ id }) => id === webhookId)
    if (webhook !== undefined) return { owner, webhook }
  }
  throw notFound('The requested webhook was not found.', { webhookId })
}

function removeFrom({ webhooks }: Entry, webhook: Webhook): Webhook {
  webhooks.splice(webhooks.indexOf(webhook), 1)
  return webhook
}

function describe(modelId: string, webhook: Webhook) {
  const { id, name, uri, token, insecureSSL, events, active } = webhook
  const details = { id, modelId, name, uri, ...(token !== undefined && { token }), insecureSSL, events, active }
  return { ...details, ...describeStored(webhook) }
}

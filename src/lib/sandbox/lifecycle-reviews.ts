import { findEntry, requireAction } from './access.js'
import type { Principal } from './auth.js'
import { badRequest } from './errors.js'
import type { FoundReview } from './review-requests.js'
import type { Entry, Review, SandboxState } from './state.js'
import { invalidRequest } from './zod-issues.js'

/** A model that its owners have to look at again. */
export interface DueEntry {
  readonly entry: Entry
  /** As ISO 8601, by UTC. */
  readonly dueDate: string
}

/** Turns whatever is given as the date of a lifecycle review into a text, which is no date when the server reads none. */
export function coerceDueDate(body: Record<string, unknown>): Record<string, unknown> {
  if (body.kind !== 'lifecycle') return body
  const date = new Date(body.dueDate as string)
  return { ...body, dueDate: Number.isNaN(date.getTime()) ? String(date) : date.toISOString() }
}

/** @throws BailoError 400 */
export function requireFuture(dueDate: string): void {
  if (Date.parse(dueDate) > Date.now()) return
  const message = 'Due date of next review cannot be in the past.'
  throw invalidRequest([{ code: 'custom', message, path: ['body', 'dueDate'] }])
}

/**
 * Asks the owners of a model to look at it again (from Bailo's source).
 *
 * @throws BailoError 400 when they have been asked and not answered; 403 or 404
 */
export function requestLifecycleReview(
  state: SandboxState,
  principal: Principal,
  modelId: string,
  dueDate: string,
): FoundReview {
  const entry = findEntry(state, principal, modelId)
  requireAction(principal, modelId, 'model:write', { modelId }, 'updateModel')
  if (listOpen(entry).length > 0) throw badRequest('This model has an open lifecycle review.', { modelId })
  const review: Review = { ...state.newDocument(), role: 'owner', subject: { kind: 'lifecycle', dueDate } }
  entry.reviews.push(review)
  return { entry, review }
}

/** Returns the models with a lifecycle review that nobody has answered. */
export function listDueEntries(entries: readonly Entry[]): DueEntry[] {
  return entries.flatMap(listOpen)
}

function listOpen(entry: Entry): DueEntry[] {
  return entry.reviews.flatMap(({ _id, subject }) => {
    if (subject.kind !== 'lifecycle' || entry.replies.some(({ parentId }) => parentId === _id)) return []
    return [{ entry, dueDate: subject.dueDate }]
  })
}

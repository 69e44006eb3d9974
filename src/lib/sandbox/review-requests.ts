import { describeModel, describeStored } from './describe.js'
import { rolesOf, toEntity } from './model-rights.js'
import { findRolesOfSchemas } from './review-roles.js'
import type { AccessRequest, Entry, Release, Reply, Review, ReviewRole, SandboxState } from './state.js'

/** A review with the model that it belongs to. */
export interface FoundReview {
  readonly entry: Entry
  readonly review: Review
}

/** Asks for the reviews of a release: one for each role of the schema of the model's card. */
export function requestReleaseReviews(state: SandboxState, entry: Entry, { semver, minor, draft }: Release): void {
  // Neither kind is reviewed (observed).
  if (minor || draft) return
  const { schemaId } = entry.cards.at(-1) ?? {}
  addReviews(state, entry, schemaId, { kind: 'release', semver })
}

/** Asks for the reviews of an access request: one for each role of its own schema (from Bailo's source). */
export function requestAccessReviews(state: SandboxState, entry: Entry, { id, schemaId }: AccessRequest): void {
  addReviews(state, entry, schemaId, { kind: 'access', accessRequestId: id })
}

/**
 * Asks a role that has just been given to a schema for reviews of what a model following it has, drafts and minor releases
 * included. It is asked again where it was asked before: the server looks for that and does not see it (from its source).
 */
export function requestMissedReviews(state: SandboxState, entry: Entry, { shortName: role }: ReviewRole): void {
  const subjects: Review['subject'][] = [
    ...[...entry.releases.keys()].map((semver) => ({ kind: 'release' as const, semver })),
    ...entry.accessRequests.map(({ id }) => ({ kind: 'access' as const, accessRequestId: id })),
  ]
  for (const subject of subjects) entry.reviews.push({ ...state.newDocument(), role, subject })
}

function addReviews(state: SandboxState, entry: Entry, schemaId: string | undefined, subject: Review['subject']): void {
  if (schemaId === undefined) return
  for (const { shortName } of findRolesOfSchemas(state, [schemaId])) {
    entry.reviews.push({ ...state.newDocument(), role: shortName, subject })
  }
}

/** Removes the reviews of something that is being deleted, their answers, and the comments on it. */
export function removeDiscussion(
  entry: Entry,
  parentId: string,
  isAbout: (subject: Review['subject']) => boolean,
): void {
  const parentIds = [parentId, ...entry.reviews.filter(({ subject }) => isAbout(subject)).map(({ _id }) => _id)]
  removeWhere(entry.reviews, ({ subject }) => isAbout(subject))
  removeWhere(entry.replies, (reply) => parentIds.includes(reply.parentId))
}

function removeWhere<T>(list: T[], isToGo: (item: T) => boolean): void {
  list.splice(0, list.length, ...list.filter((item) => !isToGo(item)))
}

/** Returns all reviews, the newest first. */
export function listReviews(state: SandboxState): FoundReview[] {
  return [...state.entries.values()]
    .flatMap((entry) => entry.reviews.map((review) => ({ entry, review })))
    .sort(({ review: a }, { review: b }) => compare(b.createdAt, a.createdAt) || a.changeNumber - b.changeNumber)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** True when the user has the role of the review on its model. */
export function isAskedOf(user: string, { entry, review }: FoundReview): boolean {
  return rolesOf(user, entry).includes(review.role)
}

export function isAnsweredBy(user: string, { entry, review }: FoundReview): boolean {
  return entry.replies.some(({ parentId, entity }) => parentId === review._id && entity === toEntity(user))
}

/** A review as a search of the server's database gives it: with its model. */
export function describeReview(found: FoundReview) {
  return { ...describeReviewAlone(found), model: describeModel(found.entry.model) }
}

/** A review as it is just after it was asked for. */
export function describeReviewAlone({ entry, review }: FoundReview) {
  const { role, subject } = review
  return { ...subject, modelId: entry.model.id, role, ...describeStored(review) }
}

export function describeReply(reply: Reply) {
  const { entity, kind, role, decision, comment, commentEditedAt, parentId, reactions } = reply
  const optional = Object.entries({ role, decision, comment, commentEditedAt }).filter(
    ([, value]) => value !== undefined,
  )
  return { entity, kind, ...Object.fromEntries(optional), parentId, reactions, ...describeStored(reply) }
}

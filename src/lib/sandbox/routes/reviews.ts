import { findEntry, findRelease } from '../access.js'
import { explainRefusal, type Principal } from '../auth.js'
import { notFound, UnknownServerError } from '../errors.js'
import { isObjectId } from '../ids.js'
import { toEntity } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import {
  describeReply,
  describeReview,
  isAnsweredBy,
  isAskedOf,
  listReviews,
  type FoundReview,
} from '../review-requests.js'
import type { Routes } from '../routes.js'
import type { Reply, SandboxState } from '../state.js'
import { dispatchEvent } from '../webhook-delivery.js'
import { findAccessRequest } from './access-requests.js'

/** What a reviewer says. */
type Answer = Required<Pick<Reply, 'role' | 'decision'>> & Pick<Reply, 'comment'>

/** Adds the reviews and the answers to them. */
export function addReviewRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/reviews', ({ principal, query, reply }) => {
    const { modelId, semver, accessRequestId, reviewId, kind, mine = true, open } = query
    if (reviewId && !isObjectId(reviewId)) throw new UnknownServerError()
    const wanted = { semver, accessRequestId, kind }
    const reviews = listReviews(state)
      .filter(({ entry, review }) => (!modelId || entry.model.id === modelId) && (!reviewId || review._id === reviewId))
      .filter(({ review: { subject } }) => fits(subject, wanted))
      .filter((found) => !mine || isAskedOf(principal.user, found))
      // A review is open for whoever has not answered it, whatever others did (from Bailo's source).
      .filter((found) => open === undefined || open === !isAnsweredBy(principal.user, found))
      .filter(({ entry }) => explainRefusal(principal, entry.model.id, 'model:read') === undefined)
    return reply.header('x-count', reviews.length).send({ reviews: reviews.map(describeReview) })
  })

  routes.add('post', '/api/v2/model/{modelId}/release/{semver}/review', ({ principal, params, body }) => {
    const { modelId, semver } = params
    const found = findReviewToAnswer(state, principal, modelId, { semver }, body.role)
    const reply = addAnswer(state, principal, found, body)
    // The answer is kept even when its author may not read what it is about: that is only found out now, as mails go out.
    findRelease(found.entry, principal, semver)
    dispatchAnswer(found)
    return { response: describeReply(reply) }
  })

  routes.add(
    'post',
    '/api/v2/model/{modelId}/access-request/{accessRequestId}/review',
    ({ principal, params, body }) => {
      const { modelId, accessRequestId } = params
      const found = findReviewToAnswer(state, principal, modelId, { accessRequestId }, body.role)
      const reply = addAnswer(state, principal, found, body)
      findAccessRequest(state, principal, accessRequestId)
      dispatchAnswer(found)
      return { response: describeReply(reply) }
    },
  )
}

/** Empty texts ask for nothing. */
function fits(subject: object, wanted: Readonly<Record<string, string | undefined>>): boolean {
  const actual = subject as Readonly<Record<string, unknown>>
  return Object.entries(wanted).every(([key, value]) => !value || actual[key] === value)
}

/**
 * Returns the review that a holder of its role answers. A semver has to be written as it is stored.
 *
 * @throws BailoError 404, also for who does not hold the role on the model, or 403
 */
function findReviewToAnswer(
  state: SandboxState,
  principal: Principal,
  modelId: string,
  reviewIdQuery: { readonly semver: string } | { readonly accessRequestId: string },
  role: string,
): FoundReview {
  findEntry(state, principal, modelId)
  const found = listReviews(state)
    .filter(({ entry, review }) => entry.model.id === modelId && review.role === role)
    .filter(({ review }) => fits(review.subject, reviewIdQuery))
    .find((one) => isAskedOf(principal.user, one))
  if (found === undefined) throw notFound('Unable to find Review to respond to.', { modelId, reviewIdQuery, role })
  return found
}

function addAnswer(
  state: SandboxState,
  principal: Principal,
  { entry, review }: FoundReview,
  { role, decision, comment }: Answer,
): Reply {
  const details = { kind: 'review' as const, role, decision, comment, parentId: review._id, reactions: [] }
  const reply: Reply = { ...state.newDocument(), entity: toEntity(principal.user), ...details }
  entry.replies.push(reply)
  return reply
}

function dispatchAnswer(found: FoundReview): void {
  const description = `A new response has been added to a review requested for Model ${found.entry.model.id}`
  dispatchEvent(found.entry, 'createReviewResponse', description, { review: describeReview(found) })
}

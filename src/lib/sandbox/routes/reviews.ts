import { findEntry, findRelease, requireAction } from '../access.js'
import { explainRefusal, type Principal } from '../auth.js'
import { badRequest, notFound, UnknownServerError } from '../errors.js'
import { isObjectId } from '../ids.js'
import { coerceDueDate, requestLifecycleReview, requireFuture } from '../lifecycle-reviews.js'
import { toEntity } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import {
  describeReply,
  describeReview,
  describeReviewAlone,
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
type Answer = Required<Pick<Reply, 'decision'>> & Pick<Reply, 'comment'>

/** Adds the reviews and the answers to them; those of v3 are from Bailo's source. */
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
    return { response: describeReply(answerReview(state, principal, found, body)) }
  })

  routes.add(
    'post',
    '/api/v2/model/{modelId}/access-request/{accessRequestId}/review',
    ({ principal, params, body }) => {
      const { modelId, accessRequestId } = params
      const found = findReviewToAnswer(state, principal, modelId, { accessRequestId }, body.role)
      return { response: describeReply(answerReview(state, principal, found, body)) }
    },
  )

  routes.add(
    'post',
    '/api/v3/review/{modelId}',
    ({ principal, params: { modelId }, body }) => {
      if (body.kind !== 'lifecycle') throw badRequest(`Creating ${body.kind} reviews is not supported yet in V3.`)
      requireFuture(body.dueDate)
      return { review: describeReviewAlone(requestLifecycleReview(state, principal, modelId, body.dueDate)) }
    },
    { coerceBody: coerceDueDate },
  )

  routes.add(
    'post',
    '/api/v3/review/{reviewId}/response',
    ({ principal, params: { reviewId }, body }) => {
      if (body.kind === 'lifecycle') requireFuture(body.dueDate)
      const found = findReviewById(state, principal, reviewId)
      const reply = answerReview(state, principal, found, body)
      // What the caller says of the kind and what it is can differ; both are needed for the next review.
      if (body.kind === 'lifecycle' && found.review.subject.kind === 'lifecycle') {
        requestLifecycleReview(state, principal, found.entry.model.id, body.dueDate)
      }
      return { response: describeReply(reply) }
    },
    { coerceBody: coerceDueDate },
  )

  routes.add('post', '/api/v3/review/{reviewId}/notify', ({ principal, params: { reviewId }, reply }) => {
    const { entry } = findReviewById(state, principal, reviewId)
    requireAction(principal, entry.model.id, 'model:write')
    // Nobody gets a mail: the server says the same when its sending of mails is switched off.
    return reply.type('text/plain; charset=utf-8').send('OK')
  })
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

/**
 * Returns the review with this id, for a holder of its role.
 *
 * @throws BailoError 400 for a malformed id; 404, also for who does not hold the role on the model; or 403
 */
function findReviewById(state: SandboxState, principal: Principal, reviewId: string): FoundReview {
  if (!isObjectId(reviewId)) throw badRequest('Invalid reviewId', { reviewId })
  const found = listReviews(state).find(({ review }) => review._id === reviewId.toLowerCase())
  if (found === undefined || !isAskedOf(principal.user, found)) {
    throw notFound('Unable to find Review to respond to.', { reviewId })
  }
  findEntry(state, principal, found.entry.model.id)
  return found
}

/**
 * Keeps an answer to a review, also when its author may not read what it is about: that is only found out afterwards, as
 * mails go out.
 *
 * @throws BailoError 403 or 404
 */
function answerReview(
  state: SandboxState,
  principal: Principal,
  found: FoundReview,
  { decision, comment }: Answer,
): Reply {
  const { entry, review } = found
  const { role, subject, _id: parentId } = review
  const details = { kind: 'review' as const, role, decision, comment, parentId, reactions: [] }
  const reply: Reply = { ...state.newDocument(), entity: toEntity(principal.user), ...details }
  entry.replies.push(reply)
  if (subject.kind === 'release') findRelease(entry, principal, subject.semver)
  if (subject.kind === 'access') findAccessRequest(state, principal, subject.accessRequestId)
  const description = `A new response has been added to a review requested for Model ${entry.model.id}`
  dispatchEvent(entry, 'createReviewResponse', description, { review: describeReview(found) })
  return reply
}

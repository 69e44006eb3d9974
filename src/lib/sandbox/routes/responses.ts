import { findEntry } from '../access.js'
import { badRequest, forbidden, notFound, UnknownServerError, type BailoError, type ErrorContext } from '../errors.js'
import { isObjectId, newObjectId } from '../ids.js'
import { toEntity } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import { describeReply, isAnsweredBy, isAskedOf, listReviews } from '../review-requests.js'
import type { Routes } from '../routes.js'
import { formatSemver, parseSemver } from '../semver.js'
import type { Entry, Reply, SandboxState } from '../state.js'
import { invalidRequest } from '../zod-issues.js'
import { findUnprotected } from './access-requests.js'

/** Adds comments, and what can be done with them and with answers to reviews: nobody's rights are asked for here. */
export function addResponseRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/responses', ({ principal: { user }, query: { parentIds, mine } }) => {
    if (parentIds === undefined && mine === undefined) throw invalidRequest([NO_QUERY])
    return { responses: findReplies(state, parentIds ?? findOwnReviewIds(state, user)).map(describeReply) }
  })

  routes.add('post', '/api/v2/model/{modelId}/release/{semver}/comment', ({ principal, params, body }) => {
    const { modelId, semver } = params
    const entry = findEntry(state, principal, modelId)
    if (entry.model.settings.mirror?.sourceModelId) {
      throw badRequest('Cannot create a new comment on a mirrored model.')
    }
    const release = entry.releases.get(formatSemver(parseSemver(semver)))
    if (release === undefined) throw notFound('The requested release was not found.', { modelId, semver })
    return { response: describeReply(addComment(state, entry, principal.user, release._id, body.comment)) }
  })

  routes.add(
    'post',
    '/api/v2/model/{modelId}/access-request/{accessRequestId}/comment',
    ({ principal, params, body }) => {
      const { entry, accessRequest } = findUnprotected(state, params.accessRequestId)
      const comment = addComment(state, entry, principal.user, accessRequest._id, body.comment)
      return { accessRequestComment: describeReply(comment) }
    },
  )

  routes.add('get', '/api/v3/review/{reviewId}/responses/latest', ({ params: { reviewId } }) => {
    const latest = listReplies(state)
      .filter(({ parentId }) => parentId === reviewId.toLowerCase())
      .at(-1)
    if (latest === undefined) throw responseNotFound({ reviewId })
    return { response: describeReply(latest) }
  })

  routes.add('patch', '/api/v2/response/{responseId}', ({ principal: { user }, params: { responseId }, body }) => {
    const reply = findReply(state, responseId)
    if (reply.entity !== toEntity(user)) {
      const message = 'Only the original author can update a comment or review response.'
      throw forbidden(message, { userDn: user, responseId })
    }
    state.touch(reply)
    reply.comment = body.comment
    reply.commentEditedAt = reply.updatedAt
    return { response: describeReply(reply) }
  })

  routes.add('patch', '/api/v2/response/{responseId}/reaction/{kind}', ({ principal: { user }, params }) => {
    const { responseId, kind } = params
    const reply = findReply(state, responseId)
    toggleReaction(reply, kind, user)
    reply.__v++
    state.touch(reply)
    return { response: describeReply(reply) }
  })
}

/** The query is one of two kinds, and this is neither of them (from Bailo's source). */
const NO_QUERY = { code: 'invalid_union', unionErrors: [], path: ['query'], message: 'Invalid input' }

/** Those that the user is asked for and has answered, with whatever others answered (from Bailo's source). */
function findOwnReviewIds(state: SandboxState, user: string): string[] {
  return listReviews(state)
    .filter((found) => isAskedOf(user, found) && isAnsweredBy(user, found))
    .map(({ review }) => review._id)
}

function findReplies(state: SandboxState, parentIds: readonly string[]): Reply[] {
  if (!parentIds.every(isObjectId)) throw new UnknownServerError()
  return listReplies(state).filter(({ parentId }) => parentIds.includes(parentId))
}

/** @throws BailoError 404; UnknownServerError for a malformed id */
function findReply(state: SandboxState, responseId: string): Reply {
  if (!isObjectId(responseId)) throw new UnknownServerError()
  const reply = listReplies(state).find(({ _id }) => _id === responseId)
  if (reply === undefined) throw responseNotFound({ responseId })
  return reply
}

function responseNotFound(context: ErrorContext): BailoError {
  return notFound('The requested response was not found.', context)
}

function listReplies(state: SandboxState): Reply[] {
  return [...state.entries.values()].flatMap(({ replies }) => replies)
}

function addComment(state: SandboxState, entry: Entry, user: string, parentId: string, comment: string): Reply {
  const details = { entity: toEntity(user), kind: 'comment' as const, comment, parentId, reactions: [] }
  const reply: Reply = { ...state.newDocument(), ...details }
  entry.replies.push(reply)
  return reply
}

function toggleReaction({ reactions }: Reply, kind: string, user: string): void {
  const reaction = reactions.find((one) => one.kind === kind)
  if (reaction === undefined) reactions.push({ kind, users: [user], _id: newObjectId() })
  else if (reaction.users.includes(user)) reaction.users = reaction.users.filter((one) => one !== user)
  else reaction.users.push(user)
}

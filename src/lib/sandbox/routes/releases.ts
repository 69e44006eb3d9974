import { findEntry, findRelease, refuseMirror, requireAction } from '../access.js'
import { explainRefusal } from '../auth.js'
import { describeRelease, describeReleaseListEntry, describeReleaseWithFiles } from '../describe.js'
import { badRequest, UnknownServerError } from '../errors.js'
import { newObjectId } from '../ids.js'
import type { SandboxParts } from '../parts.js'
import { checkFiles, checkImages } from '../release-checks.js'
import { removeDiscussion, requestReleaseReviews } from '../review-requests.js'
import type { Routes } from '../routes.js'
import { compileRange, formatSemver, normaliseSemver, parseSemver } from '../semver.js'
import { byLastChange, type Release } from '../state.js'
import { dispatchEvent } from '../webhook-delivery.js'
import { findCard } from './cards.js'

export function addReleaseRoutes(routes: Routes, parts: SandboxParts): void {
  const { state } = parts

  routes.add(
    'post',
    '/api/v2/model/{modelId}/releases',
    ({ principal, params: { modelId }, body }) => {
      const entry = findEntry(state, principal, modelId)
      refuseMirror(entry, 'Cannot create a release from a mirrored model.')
      const { modelCardVersion, notes, minor = false, draft = false, fileIds } = body
      // Without a card the server falls over; with a version of one it says that there is none (observed).
      const card = modelCardVersion ? findCard(entry, modelCardVersion) : entry.cards.at(-1)
      if (card === undefined) throw new UnknownServerError()
      if (entry.deletedSemvers.has(formatSemver(parseSemver(body.semver)))) {
        throw badRequest(
          'A release using this semver has been deleted. ' +
            'Please use a different semver or contact an admin to restore the deleted release.',
        )
      }
      const semver = normaliseSemver(body.semver)
      const images = body.images.map((image) => ({ ...image, _id: newObjectId() }))
      checkImages(parts, principal, entry, images)
      checkFiles(parts, principal, entry, fileIds, { semver, modelId })
      requireAction(principal, modelId, 'release:write')
      requireAction(principal, modelId, 'model:write')
      if (entry.releases.has(semver)) {
        throw badRequest('A release with this semver already exists for this model.', { modelId, semver: body.semver })
      }
      const details = { semver, modelCardVersion: card.version, notes, minor, draft, fileIds, images }
      const createdBy = principal.user
      const release: Release = { ...state.newDocument(), createdBy, ...details }
      entry.releases.set(semver, release)
      requestReleaseReviews(state, entry, release)
      const described = describeRelease(entry, release)
      const event = `Release ${semver} has been created for model ${modelId}`
      dispatchEvent(entry, 'createRelease', event, { release: described })
      return { release: described }
    },
    { coerceBody: coerceNewRelease },
  )

  routes.add('get', '/api/v2/model/{modelId}/releases', ({ principal, params: { modelId }, query }) => {
    const isInRange = query.querySemver === undefined ? () => true : compileRange(query.querySemver)
    const entry = findEntry(state, principal, modelId)
    const isAllowed = explainRefusal(principal, modelId, 'release:read') === undefined
    const releases = isAllowed ? [...entry.releases.values()].filter(({ semver }) => isInRange(semver)) : []
    const sorted = releases.sort((a, b) => Number(b.draft) - Number(a.draft) || byLastChange(a, b))
    return { releases: sorted.map((release) => describeReleaseListEntry(entry, release)) }
  })

  routes.add('get', '/api/v2/model/{modelId}/release/{semver}', ({ principal, params: { modelId, semver } }) => {
    const entry = findEntry(state, principal, modelId)
    return { release: describeReleaseWithFiles(entry, findRelease(entry, principal, semver)) }
  })

  routes.add(
    'put',
    '/api/v2/model/{modelId}/release/{semver}',
    ({ principal, params: { modelId, semver }, body }) => {
      const entry = findEntry(state, principal, modelId)
      refuseMirror(entry, 'Cannot update a release on a mirrored model.')
      const release = findRelease(entry, principal, semver)
      const { notes, draft = false, modelCardVersion, fileIds } = body
      if (draft && !release.draft) {
        throw badRequest('Once a release has been published, it cannot be returned to draft status.')
      }
      const images = body.images.map((image) => ({ ...image, _id: newObjectId() }))
      checkImages(parts, principal, entry, images)
      checkFiles(parts, principal, entry, fileIds, { semver, modelId })
      requireAction(principal, modelId, 'release:write')
      requireAction(principal, modelId, 'model:write', { modelId }, 'updateModel')
      const before = describeRelease(entry, release)
      Object.assign(release, { notes, draft, modelCardVersion, fileIds, images })
      state.touch(release)
      const event = `Release ${release.semver} has been updated for model ${modelId}`
      dispatchEvent(entry, 'updateRelease', event, { release: describeRelease(entry, release) })
      return { release: before }
    },
    { coerceBody: coerceRelease },
  )

  routes.add('delete', '/api/v2/model/{modelId}/release/{semver}', ({ principal, params: { modelId, semver } }) => {
    const entry = findEntry(state, principal, modelId)
    refuseMirror(entry, 'Cannot delete a release on a mirrored model.')
    const release = findRelease(entry, principal, semver)
    requireAction(principal, modelId, 'release:write', { release: release._id })
    requireAction(principal, modelId, 'model:write', { release: release._id })
    entry.releases.delete(release.semver)
    removeDiscussion(entry, release._id, (subject) => subject.kind === 'release' && subject.semver === release.semver)
    entry.deletedSemvers.add(release.semver)
    return { message: 'Successfully removed release.' }
  })
}

/** A version that is null stands for the latest, like one that is left out. */
function coerceNewRelease(body: Record<string, unknown>): Record<string, unknown> {
  const { modelCardVersion } = body
  return {
    ...coerceRelease(body),
    ...(modelCardVersion !== undefined && { modelCardVersion: Number(modelCardVersion) }),
  }
}

/** Anything truthy is true, also the text "false" (observed). */
function coerceRelease(body: Record<string, unknown>): Record<string, unknown> {
  const coerced = { ...body }
  for (const key of ['minor', 'draft']) if (coerced[key] !== undefined) coerced[key] = Boolean(coerced[key])
  return coerced
}

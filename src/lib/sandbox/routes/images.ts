import { findEntry, requireAction } from '../access.js'
import { UnknownServerError } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Entry, SandboxState } from '../state.js'

const NO_FINDINGS = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 }

/** Adds what the API shows of the registry. A name with slashes comes as one parameter, percent-encoded. */
export function addImageRoutes(routes: Routes, { state, images }: SandboxParts): void {
  routes.add('get', '/api/v2/model/{modelId}/images', ({ principal, params: { modelId } }) => {
    findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'image:read')
    return { images: images.listImages(modelId).map((image) => ({ ...image, scanSummaries: [] })) }
  })

  routes.add('get', '/api/v2/model/{modelId}/image/{name}/{tag}', ({ principal, params: { modelId, name, tag } }) => {
    findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'image:read')
    const image = images.describeImage(modelId, name, tag)
    if (image === undefined) throw new UnknownServerError()
    const scan = { state: 'notScanned' as const, severityCounts: NO_FINDINGS, scanResults: [] }
    return { imageBreakdown: { tag, digest: image.digest, ...scan, imageSize: image.sizeBytes } }
  })

  routes.add('delete', '/api/v2/model/{modelId}/image/{name}/{tag}', async ({ principal, params }) => {
    const { modelId, name, tag } = params
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'image:write')
    if (!(await images.deleteTag(modelId, name, tag))) throw new UnknownServerError()
    removeFromReleases(state, entry, name, tag)
    return { message: 'Successfully removed image.' }
  })
}

function removeFromReleases(state: SandboxState, { releases }: Entry, name: string, tag: string): void {
  for (const release of releases.values()) {
    const kept = release.images.filter((image) => image.name !== name || image.tag !== tag)
    if (kept.length === release.images.length) continue
    release.images = kept
    state.touch(release)
  }
}

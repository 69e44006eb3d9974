import { findEntry, requireAction } from '../access.js'
import { UnknownServerError } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { RegistryImage } from '../registry/index.js'
import type { Routes } from '../routes.js'
import { findImageScans } from '../scan-images.js'
import { describeScan, summariseScans } from '../scan-results.js'
import type { Entry, SandboxState } from '../state.js'

/** Adds what the API shows of the registry. A name with slashes comes as one parameter, percent-encoded. */
export function addImageRoutes(routes: Routes, parts: SandboxParts): void {
  const { state, images } = parts

  routes.add('get', '/api/v2/model/{modelId}/images', ({ principal, params: { modelId } }) => {
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'image:read')
    return {
      images: images.listImages(modelId).map((image) => ({ ...image, scanSummaries: summarise(parts, entry, image) })),
    }
  })

  routes.add('get', '/api/v2/model/{modelId}/image/{name}/{tag}', ({ principal, params: { modelId, name, tag } }) => {
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'image:read')
    const image = images.describeImage(modelId, name, tag)
    if (image === undefined) throw new UnknownServerError()
    const scans = findImageScans(parts, entry, { name, ...image })
    const scan = { ...summariseScans(scans), scanResults: scans.map(describeScan) }
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

/** One summary for each tag; none on an instance without scanners (observed). */
function summarise(parts: SandboxParts, entry: Entry, { name, tags }: RegistryImage) {
  return tags.flatMap((tag) => {
    const image = parts.images.describeImage(entry.model.id, name, tag)
    const scans = image === undefined ? [] : findImageScans(parts, entry, { name, ...image })
    if (image === undefined || scans.length === 0) return []
    const { state, severityCounts } = summariseScans(scans)
    return [{ state, severityCounts: { tag, severity: severityCounts }, imageSize: image.sizeBytes }]
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

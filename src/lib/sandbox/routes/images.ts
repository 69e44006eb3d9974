import { findEntry, requireAction } from '../access.js'
import { badRequest, UnknownServerError } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { RegistryImage } from '../registry/index.js'
import type { Routes } from '../routes.js'
import { findImageScans, type ScannedImage } from '../scan-images.js'
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
    const image = findImage(parts, modelId, name, tag)
    return { imageBreakdown: { tag, digest: image.digest, ...breakDown(parts, entry, { name, ...image }) } }
  })

  routes.add('get', '/api/v3/model/{modelId}/image/{name}/{tag}/{digest}', ({ principal, params }) => {
    const { modelId, name, tag, digest } = params
    const entry = findEntry(state, principal, modelId)
    requireAction(principal, modelId, 'image:read')
    const image = findImage(parts, modelId, name, tag)
    const chosen = choosePlatform(parts, { repository: modelId, name, tag }, digest)
    const platform = chosen && { platform: chosen.platform }
    const breakdown = breakDown(parts, entry, { name, ...(chosen ?? image) })
    return { imageBreakdown: { tag, digest: image.digest, ...platform, ...breakdown } }
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

/** @throws UnknownServerError when there is none */
function findImage({ images }: SandboxParts, modelId: string, name: string, tag: string) {
  const image = images.describeImage(modelId, name, tag)
  if (image === undefined) throw new UnknownServerError()
  return image
}

/**
 * Returns the image of an index that has the digest; undefined for a tag of a single image, for which the server does not
 * look at the digest (from Bailo's source).
 *
 * @throws BailoError 400 when the index has none, or does not say what it runs on
 */
function choosePlatform(
  { images }: SandboxParts,
  imageRef: { readonly repository: string; readonly name: string; readonly tag: string },
  digest: string,
) {
  const platforms = images.listPlatforms(imageRef.repository, imageRef.name, imageRef.tag)
  if (platforms === undefined) return undefined
  const chosen = platforms.find((one) => one.digest === digest)
  if (chosen === undefined) throw badRequest('Digest does not exist in manifest list', { imageRef, digest })
  const { platform } = chosen
  if (platform === undefined) throw badRequest('Manifest entry missing platform metadata', { imageRef, digest })
  return { ...chosen, platform }
}

function breakDown(parts: SandboxParts, entry: Entry, image: ScannedImage) {
  const scans = findImageScans(parts, entry, image)
  return { ...summariseScans(scans), scanResults: scans.map(describeScan), imageSize: image.sizeBytes }
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

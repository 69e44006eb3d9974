import { findFile, requireAction } from './access.js'
import type { Principal } from './auth.js'
import { badRequest, BailoError, type ErrorContext } from './errors.js'
import type { SandboxParts } from './parts.js'
import type { Entry, ImageReference, StoredFile } from './state.js'

/**
 * Checks that the registry has the images of a release.
 *
 * @throws BailoError 400 with those that it does not have
 */
export function checkImages(
  { images: registry }: SandboxParts,
  principal: Principal,
  { model }: Entry,
  images: readonly ImageReference[],
): void {
  requireAction(principal, model.id, 'image:read')
  const present = registry.listImages(model.id)
  const missingImages = images.filter(
    ({ repository, name, tag }) =>
      !present.some((image) => image.repository === repository && image.name === name && image.tags.includes(tag)),
  )
  if (missingImages.length === 0) return
  throw badRequest('The following images do not exist in the registry.', {
    missingImages: missingImages.map(({ _id, ...image }) => ({ ...image, _id, id: _id })),
  })
}

/**
 * Checks that the files of a release are files of its model, with a name of their own each.
 *
 * @throws BailoError 400 or 403; UnknownServerError for a malformed id
 */
export function checkFiles(
  parts: SandboxParts,
  principal: Principal,
  entry: Entry,
  fileIds: readonly string[],
  context: ErrorContext,
): void {
  const fileNames = fileIds.map((fileId) => {
    const file = findFileOfRelease(parts, principal, entry, fileId, context)
    return file.name
  })
  const duplicates = [...new Set(fileNames.filter((name, index) => fileNames.indexOf(name) !== index))]
  if (duplicates.length === 0) return
  throw badRequest(
    `Releases cannot have multiple files with the same name.  ` +
      `The duplicates in this file are: '${JSON.stringify(duplicates)}'`,
    { fileNames, duplicates },
  )
}

function findFileOfRelease(
  { state }: SandboxParts,
  principal: Principal,
  entry: Entry,
  fileId: string,
  context: ErrorContext,
): StoredFile {
  try {
    return findFile(entry, principal, fileId)
  } catch (error) {
    if (!(error instanceof BailoError) || error.status !== 404) throw error
    const modelId = entry.model.id
    const owner = [...state.entries.values()].find(({ files }) => files.has(fileId))?.model.id
    if (owner === undefined) {
      throw badRequest('Unable to create release as the file cannot be found.', { fileId, ...context })
    }
    throw badRequest(
      `The file '${fileId}' comes from the model '${owner}', but this release is being created for '${modelId}'`,
      { modelId, fileId, fileModelId: owner },
    )
  }
}

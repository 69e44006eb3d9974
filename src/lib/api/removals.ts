import { ResponseError } from '../http/errors.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

/**
 * Deletes a model with everything in it.
 *
 * @returns false when there is none (any more)
 */
export function removeModel(instance: Instance, modelId: string): Promise<boolean> {
  return isRemoved(bodyOf(instance.json.DELETE('/api/v2/model/{modelId}', { params: { path: { modelId } } })))
}

/**
 * Deletes a release. Its version can never be used again in this model (observed).
 *
 * @returns false when there is none (any more)
 */
export function removeRelease(instance: Instance, modelId: string, semver: string): Promise<boolean> {
  const params = { path: { modelId, semver } }
  return isRemoved(bodyOf(instance.json.DELETE('/api/v2/model/{modelId}/release/{semver}', { params })))
}

/**
 * Deletes a file, also one whose upload never finished. The server takes it out of every release that holds it (observed).
 *
 * @returns false when there is none (any more)
 */
export function removeFile(instance: Instance, modelId: string, fileId: string): Promise<boolean> {
  const params = { path: { modelId, fileId } }
  return isRemoved(bodyOf(instance.json.DELETE('/api/v2/model/{modelId}/file/{fileId}', { params })))
}

/**
 * Deletes a tag of an image. The server takes it out of every release that names it; the bytes stay in the registry until
 * its operators collect what nothing refers to.
 *
 * @throws ResponseError 500 when there is no such tag (observed)
 */
export async function removeImage(instance: Instance, modelId: string, name: string, tag: string): Promise<void> {
  const params = { path: { modelId, name, tag } }
  await bodyOf(instance.json.DELETE('/api/v2/model/{modelId}/image/{name}/{tag}', { params }))
}

/** False when what was to be deleted is not there: also when an earlier request, whose answer was lost, has done it. */
async function isRemoved(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (error instanceof ResponseError && error.status === 404) return false
    throw error
  }
}

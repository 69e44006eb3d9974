import { BailoError, notFound } from './errors.js'
import { checkAgainstSchema } from './schema-check.js'
import type { Entry, JsonObject, SandboxState } from './state.js'
import type { ArchiveEntry } from './transfer-archive.js'
import type { ArchiveMetadata } from './transfer-documents.js'

export const TEXT = { type: 'string' }
export const TEXTS = { type: 'array', items: TEXT }
export const ID = { type: 'string', pattern: '^[0-9a-f]{24}$' }

/** The form of an object that has all of these properties, and may have more. */
export function shape(properties: JsonObject): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties) }
}

/** @throws BailoError 500 for a document that has not the form */
export function readDocument<T>({ document }: ArchiveEntry, documentShape: JsonObject): T {
  if (checkAgainstSchema(document, documentShape).length > 0) throw unrecognised()
  return document as T
}

export function unrecognised(): BailoError {
  return new BailoError(500, 'Cannot parse compressed file: unrecognised contents.')
}

/**
 * The model that an archive is for.
 *
 * @throws BailoError 404 when there is no such mirror, 500 when it is that of another model (from Bailo's source)
 */
export function findMirror(state: SandboxState, { sourceModelId, mirroredModelId: modelId }: ArchiveMetadata): Entry {
  const entry = state.entries.get(modelId)
  const expectedId = entry?.model.settings.mirror?.sourceModelId
  if (entry === undefined || !expectedId) {
    throw notFound('The requested mirrored model entry was not found.', { modelId })
  }
  if (expectedId === sourceModelId) return entry
  throw new BailoError(
    500,
    'The source model ID of the mirrored model does not match the model Id of the imported model',
    { sourceModelId: expectedId, importedModelId: sourceModelId },
  )
}

import { explainRefusal } from '../auth.js'
import { findEntry, findFile, requireAction } from '../access.js'
import { describeScannedFile } from '../describe.js'
import { forbidden } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Entry, SandboxState } from '../state.js'
import { checkFileName, normaliseFileTags } from '../uploads.js'

export function addFileRoutes(routes: Routes, { state, blobs, multipart }: SandboxParts): void {
  routes.add('get', '/api/v2/model/{modelId}/files', ({ principal, params: { modelId } }) => {
    const { files } = findEntry(state, principal, modelId)
    const isAllowed = explainRefusal(principal, modelId, 'file:read') === undefined
    return { files: isAllowed ? [...files.values()].map(describeScannedFile) : [] }
  })

  routes.add('patch', '/api/v2/model/{modelId}/file/{fileId}', ({ principal, params: { modelId, fileId }, body }) => {
    const file = findFile(findEntry(state, principal, modelId), principal, fileId)
    requireAction(principal, modelId, 'file:write', { fileId }, 'updateFile')
    const { name = file.name, mime = file.mime, tags = file.tags } = body
    checkFileName(name)
    Object.assign(file, { name, mime, tags: normaliseFileTags(tags) })
    state.touch(file)
    return { file: describeScannedFile(file) }
  })

  routes.add('delete', '/api/v2/model/{modelId}/file/{fileId}', async ({ principal, params: { modelId, fileId } }) => {
    const entry = findEntry(state, principal, modelId)
    const { content } = findFile(entry, principal, fileId)
    requireAction(principal, modelId, 'file:write', {}, 'deleteFile')
    if (explainRefusal(principal, modelId, 'release:write') !== undefined) {
      throw forbidden('You do not have permission to update these releases.', { releases: [modelId] })
    }
    removeFromReleases(state, entry, fileId)
    entry.files.delete(fileId)
    await multipart.abort(fileId)
    if (content) await blobs.remove(content.blobKey)
    return { message: 'Successfully removed file.' }
  })
}

function removeFromReleases(state: SandboxState, { releases }: Entry, fileId: string): void {
  for (const release of releases.values()) {
    if (!release.fileIds.includes(fileId)) continue
    release.fileIds = release.fileIds.filter((id) => id !== fileId)
    state.touch(release)
  }
}

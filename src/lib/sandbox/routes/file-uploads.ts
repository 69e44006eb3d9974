import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { findEntry, findFile, requireAction } from '../access.js'
import { describeFile } from '../describe.js'
import { badRequest, notFound } from '../errors.js'
import { planChunks } from '../multipart.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { newFile, normaliseFileTags, storeContent } from '../uploads.js'
import { invalidRequest, wrongType } from '../zod-issues.js'

export function addFileUploadRoutes(routes: Routes, parts: SandboxParts): void {
  const { state, blobs, multipart } = parts

  routes.add('post', '/api/v2/model/{modelId}/files/upload/simple', async (call) => {
    const { principal, params, query, request } = call
    const file = newFile(state, principal, findEntry(state, principal, params.modelId), query)
    const blob = await blobs.write(readUpload(request))
    if (blob.sizeBytes === 0) {
      await blobs.remove(blob.key)
      throw badRequest(`Could not upload ${file.name} as it is an empty file.`, { file: describeFile(file) })
    }
    await storeContent(parts, file, blob)
    return { file: describeFile(file) }
  })

  routes.add('post', '/api/v2/model/{modelId}/files/upload/multipart/start', ({ principal, params, body }) => {
    const entry = findEntry(state, principal, params.modelId)
    const file = newFile(state, principal, entry, body)
    const chunks = planChunks(body.size)
    entry.files.set(file._id, file)
    return { fileId: file._id, uploadId: multipart.start(file._id), chunks }
  })

  routes.add('post', '/api/v2/model/{modelId}/files/upload/multipart/part', async (call) => {
    const { principal, params, query, request } = call
    if (request.headers['content-length'] === undefined) {
      throw invalidRequest([wrongType(['headers', 'content-length'], 'number', NaN)])
    }
    const file = findFile(findEntry(state, principal, params.modelId), principal, query.fileId)
    requireAction(principal, params.modelId, 'file:write', { fileId: file._id })
    return { ETag: await multipart.addPart(file._id, query.uploadId, query.partNumber, readUpload(request)) }
  })

  routes.add('post', '/api/v2/model/{modelId}/files/upload/multipart/finish', async ({ principal, params, body }) => {
    const entry = findEntry(state, principal, params.modelId)
    const file = findFile(entry, principal, body.fileId)
    requireAction(principal, params.modelId, 'file:write', { fileId: file._id })
    const blob = await multipart.finish(file._id, body.uploadId, body.parts)
    if (!entry.files.has(file._id)) {
      await blobs.remove(blob.key)
      throw notFound('The requested file was not found.', { fileId: file._id })
    }
    if (body.tags) file.tags = normaliseFileTags(body.tags)
    state.touch(file)
    await storeContent(parts, file, blob)
    return { file: describeFile(file) }
  })
}

/** The bytes of an upload; none when it claimed to be JSON, because then the JSON parser has eaten them (observed). */
function readUpload({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  return body instanceof Readable ? body : Readable.from([])
}

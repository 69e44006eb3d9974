import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { findEntry, findFile, findRelease, requireAction } from '../access.js'
import { parseByteRange } from '../byte-range-header.js'
import { describeAttachment } from '../content-disposition.js'
import { BailoError, notFound, UnknownServerError } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { Call, Routes } from '../routes.js'
import type { StoredFile } from '../state.js'

type DownloadCall = Pick<Call<unknown>, 'request' | 'reply'>

/** Adds the downloads. `/token` in the path is for clients without a session; it makes no difference here. */
export function addDownloadRoutes(routes: Routes, parts: SandboxParts): void {
  const { state } = parts

  for (const prefix of ['/api/v2', '/api/v2/token'] as const) {
    routes.add('get', `${prefix}/model/{modelId}/file/{fileId}/download` as const, (call) => {
      const { modelId, fileId } = call.params
      const file = findFile(findEntry(state, call.principal, modelId), call.principal, fileId)
      requireAction(call.principal, modelId, 'file:read', { fileId }, 'downloadFile')
      return sendFile(parts, call, file)
    })

    routes.add('get', `${prefix}/model/{modelId}/release/{semver}/file/{fileName}/download` as const, (call) => {
      const { modelId, semver, fileName } = call.params
      const entry = findEntry(state, call.principal, modelId)
      const { fileIds } = findRelease(entry, call.principal, semver)
      const file = fileIds.map((id) => entry.files.get(id)).find((one) => one?.name === fileName)
      if (file === undefined) {
        throw notFound('The requested filename was not found on the release.', { modelId, semver, fileName })
      }
      requireAction(call.principal, modelId, 'file:read', { fileId: file._id }, 'downloadFile')
      return sendFile(parts, call, file)
    })
  }
}

function sendFile({ blobs }: SandboxParts, { request, reply }: DownloadCall, file: StoredFile): FastifyReply {
  if (file.content === undefined) throw new UnknownServerError()
  const { blobKey, sizeBytes } = file.content
  const range = parseByteRange(request.headers.range, sizeBytes)
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${sizeBytes}`)
    throw new BailoError(416, 'The requested range is not satisfiable.', { fileId: file._id })
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes }
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${sizeBytes}`)
  reply.headers({
    'accept-ranges': 'bytes',
    'content-length': end - start,
    'content-type': withCharset(file.mime),
    'content-disposition': describeAttachment(file.name),
  })
  return reply.send(request.method === 'HEAD' ? Readable.from([]) : blobs.open(blobKey, { start, end }))
}

/** The server's web framework adds it to texts (observed for text/plain). */
function withCharset(mime: string): string {
  return /^(text\/[^;]+|application\/(json|javascript))$/.test(mime) ? `${mime}; charset=utf-8` : mime
}

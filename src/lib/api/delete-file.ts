import { ResponseError } from '../http/errors.js'
import { answers } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const FILE = '/api/v2/model/{modelId}/file/{fileId}'

/**
 * Deletes a file, also one whose upload never finished. The server takes it out of every release that holds it (observed).
 *
 * @returns false when there is no such file (any more): also when the request was sent again because an answer was lost
 */
export async function deleteFile(instance: Instance, modelId: string, fileId: string): Promise<boolean> {
  try {
    const body = await bodyOf(instance.json.DELETE(FILE, { params: { path: { modelId, fileId } } }))
    answers.message.check({ method: 'DELETE', path: FILE }, body)
    return true
  } catch (error) {
    if (error instanceof ResponseError && error.status === 404) return false
    throw error
  }
}

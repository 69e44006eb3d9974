import { answers, type FileEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const FILES = '/api/v2/model/{modelId}/files'

/** All files of a model, also those in no release and those whose upload never finished. */
export async function listFiles(instance: Instance, modelId: string): Promise<readonly FileEntry[]> {
  const body = await bodyOf(instance.json.GET(FILES, { params: { path: { modelId } } }))
  return answers.files.check({ method: 'GET', path: FILES }, body).files
}

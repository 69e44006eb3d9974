import { answers, type FileEntry } from './answers.js'
import type { Instance } from './instance.js'
import { readList } from './read-list.js'

const FILES = '/api/v2/model/{modelId}/files'

/** All files of a model, also those in no release and those whose upload never finished. */
export async function listFiles(instance: Instance, modelId: string): Promise<readonly FileEntry[]> {
  return readList(instance, modelId, { path: FILES, name: 'files', element: answers.fileEntry }, (file) => file)
}

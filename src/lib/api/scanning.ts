import { answers, type ScannedFile, type ScannersAnswer } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

export type Scanner = ScannersAnswer['scanners'][number]

const INFO = '/api/v2/filescanning/info'
const FILES = '/api/v2/model/{modelId}/files'
const RESCAN = '/api/v2/filescanning/model/{modelId}/file/{fileId}/scan'

/** The scanners of an instance, of files and of images; none where none is set up. */
export async function listScanners(instance: Instance): Promise<readonly Scanner[]> {
  const body = await bodyOf(instance.json.GET(INFO, {}))
  return answers.scanners.check({ method: 'GET', path: INFO }, body).scanners
}

/** All files of a model with what the scanners say of each by now, in one request. */
export async function listScannedFiles(instance: Instance, modelId: string): Promise<readonly ScannedFile[]> {
  const body = await bodyOf(instance.json.GET(FILES, { params: { path: { modelId } } }))
  return answers.scannedFiles.check({ method: 'GET', path: FILES }, body).files
}

/**
 * Has a file scanned again by all scanners.
 *
 * @throws ResponseError 400 for a file without content, and for one that was scanned only just now, where the instance
 *   is set to refuse that
 */
export async function rescanFile(instance: Instance, modelId: string, fileId: string): Promise<void> {
  const body = await bodyOf(instance.json.PUT(RESCAN, { params: { path: { modelId, fileId } }, body: {} }))
  answers.status.check({ method: 'PUT', path: RESCAN }, body)
}
